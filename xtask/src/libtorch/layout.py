"""Lays out a libtorch from PyPI's wheels: layout.py WHEELS LIBTORCH.

lib/ holds what the CPU needs, and nothing of it names libtorch_cuda: a program built against it starts anywhere.
cuda/ holds the rest, where fetched; a program loads cuda/libtorch_cuda.so when it runs.
"""
import os
import shutil
import sys
import zipfile

CPU = {"libtorch_cpu.so", "libc10.so", "libgomp.so.1", "libcudart.so.13", "libcupti.so.13"}
# Parts of the wheel that serve Python alone.
PYTHON = {"libtorch_python.so", "libshm.so", "libtorch.so", "libtorch_global_deps.so"}

wheels, libtorch = sys.argv[1:]
cuda = any(name.startswith("nvidia_cudnn") for name in os.listdir(wheels))


def place(name):
    """Where a file of a wheel goes, or None."""
    parts, base = name.split("/"), os.path.basename(name)
    if name.startswith("torch/include/"):
        return "/".join(parts[1:])
    if parts[0].startswith("torch-") and base in ("LICENSE", "NOTICE"):
        return base
    if ".so" in base and "lib" in parts:
        if base in CPU:
            return "lib/" + base
        if cuda and base not in PYTHON:
            return "cuda/" + base
    return None


for wheel in sorted(os.listdir(wheels)):
    with zipfile.ZipFile(os.path.join(wheels, wheel)) as archive:
        for member in archive.infolist():
            target = None if member.is_dir() else place(member.filename)
            if target:
                path = os.path.join(libtorch, target)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with archive.open(member) as source, open(path, "xb") as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)
missing = CPU - set(os.listdir(os.path.join(libtorch, "lib")))
if missing:
    sys.exit("the wheels lack " + ", ".join(sorted(missing)))
os.symlink("libtorch_cpu.so", os.path.join(libtorch, "lib", "libtorch.so"))
with open(os.path.join(libtorch, "build-version"), "w") as file:
    file.write("2.11.0\n")
