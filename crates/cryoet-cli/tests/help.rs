//! What the command says about itself.

use std::process::Command;

fn output(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_cryoet")).args(arguments).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

fn commands() -> Vec<&'static str> {
    let mut commands =
        vec!["info", "convert", "simulate", "mask", "targets", "cluster", "match", "dog", "average", "evaluate", "consensus", "view"];
    if cfg!(feature = "net") {
        commands.extend(["train", "segment", "pick", "calibrate", "weights"]);
    }
    commands
}

#[test]
fn every_command_shows_examples() {
    let (code, overview) = output(&["--help"]);
    assert_eq!(code, Some(0));
    for command in commands() {
        assert!(overview.contains(command), "{command}");
        let (code, help) = output(&[command, "--help"]);
        assert_eq!(code, Some(0), "{help}");
        assert!(help.contains("Examples:") && help.contains(&format!("cryoet {command} ")), "{help}");
    }
}

#[test]
fn knows_its_version() {
    assert_eq!(output(&["--version"]), (Some(0), format!("cryoet {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn wrong_arguments_end_with_2() {
    assert_eq!(output(&["info"]).0, Some(2));
    assert_eq!(output(&["info", "--wings"]).0, Some(2));
    assert_eq!(output(&[]).0, Some(2));
}
