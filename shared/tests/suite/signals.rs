//! Signals to a child process: this test's binary, started again.

use std::process::Stdio;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

const CHILD: &str = "RTFM_TEST_SIGNALS_CHILD";

/// Not a test by itself: what the child runs.
#[tokio::test]
async fn child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let token = rtfm_shared::shutdown::on_signals().unwrap();
    println!("\nlistening");
    token.cancelled().await;
    println!("\nending");
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn the_first_signal_drains_and_the_second_exits() {
    for (first, second) in [("TERM", "INT"), ("INT", "TERM")] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "signals::child", "--nocapture"])
            .env(CHILD, "1")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let pid = child.id().unwrap().to_string();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for (awaited, signal) in [("listening", first), ("ending", second)] {
            while lines.next_line().await.unwrap().expect("the child goes on") != awaited {}
            let kill = Command::new("kill").args([format!("-{signal}"), pid.clone()]).status().await.unwrap();
            assert!(kill.success());
        }
        assert_eq!(child.wait().await.unwrap().code(), Some(130));
    }
}
