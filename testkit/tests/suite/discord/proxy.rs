//! Access for a binary that does not know the fake: `HTTPS_PROXY` and `SSL_CERT_FILE`.

use rtfm_testkit::discord::FakeDiscord;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

#[tokio::test]
async fn a_client_connects_through_the_proxy() {
    let discord = FakeDiscord::start().await;
    let ca = reqwest::Certificate::from_pem(discord.ca_pem().as_bytes()).unwrap();
    let proxy = reqwest::Proxy::https(discord.proxy_url()).unwrap();
    let client = reqwest::Client::builder().proxy(proxy).add_root_certificate(ca).build().unwrap();
    let answer = client.get("https://discord.com/api/v10/gateway").send().await.unwrap().text().await.unwrap();
    assert!(answer.contains("ws://127.0.0.1:"), "{answer}");
    let missing = client.get("https://cdn.discordapp.com/attachments/1/2/x").send().await.unwrap();
    assert_eq!(missing.status(), 404);
    client.get("https://example.com/").send().await.unwrap_err();
    assert!(discord.take_failures()[0].contains("example.com"), "whoever else is asked for fails the test");
}

#[tokio::test]
async fn a_client_killed_while_connecting_is_no_failure() {
    let discord = FakeDiscord::start().await;
    let address = discord.proxy_url();
    let address = address.trim_start_matches("http://");
    for half in ["", "CONNECT disc", "CONNECT discord.com:443 HTTP/1.1\r\nhost: disc"] {
        let mut client = tokio::net::TcpStream::connect(address).await.unwrap();
        client.write_all(half.as_bytes()).await.unwrap();
        client.shutdown().await.unwrap();
        // The proxy has understood when it hangs up, too.
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "", "nothing was asked for whole");
    }
    assert_eq!(discord.take_failures(), Vec::<String>::new());
}

/// What the child process below runs: a client with no settings at all.
#[tokio::test]
#[ignore = "started by the test below, with the fake's environment"]
async fn child() {
    let url = "https://discord.com/api/v10/users/@me";
    let token = std::env::var("DISCORD_TOKEN").unwrap();
    let request = reqwest::Client::new().get(url).header("authorization", format!("Bot {token}"));
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_process_connects_by_its_environment() {
    let discord = FakeDiscord::start().await;
    let mut child = tokio::process::Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "discord::proxy::child", "--ignored", "--nocapture"]).envs(discord.environment());
    let output = child.output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(discord.requests().iter().any(|request| request.is("GET", "/users/@me") && request.status == 200));
}
