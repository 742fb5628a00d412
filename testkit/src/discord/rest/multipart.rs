//! multipart/form-data, as far as Discord's clients use it: `payload_json` and `files[n]`.

use bytes::Bytes;

use super::request::Upload;

/// The boundary of a multipart body, if the content type names one.
pub(crate) fn boundary(content_type: &str) -> Option<String> {
    let parameters = content_type.strip_prefix("multipart/form-data")?;
    let value = parameters.split(';').find_map(|part| part.trim().strip_prefix("boundary="))?;
    Some(value.trim_matches('"').to_owned())
}

/// The JSON of a multipart body, and its files.
pub(crate) fn parse(body: &Bytes, boundary: &str) -> (Option<Bytes>, Vec<Upload>) {
    let mut json = None;
    let mut uploads = Vec::new();
    for part in parts(body, format!("--{boundary}").as_bytes()) {
        let Some(split) = find(&part, b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(part.get(..split).unwrap_or_default()).into_owned();
        let bytes = part.slice(split + 4..);
        let parameter = |name: &str| {
            let value = head.split(&format!("{name}=\"")).nth(1)?;
            value.split('"').next().map(str::to_owned)
        };
        let field =
            head.split("; name=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned();
        match parameter("filename") {
            Some(filename) => {
                let kind = head.lines().find_map(|line| {
                    let (name, value) = line.split_once(':')?;
                    name.eq_ignore_ascii_case("content-type").then(|| value.trim().to_owned())
                });
                uploads.push(Upload { filename, content_type: kind, bytes });
            }
            None if field == "payload_json" => json = Some(bytes),
            None => {}
        }
    }
    (json, uploads)
}

/// The parts between the boundaries, without the boundaries' line ends.
fn parts(body: &Bytes, delimiter: &[u8]) -> Vec<Bytes> {
    let mut found = Vec::new();
    let mut rest = body.clone();
    let mut inside = false;
    while let Some(at) = find(&rest, delimiter) {
        if inside {
            found.push(rest.slice(2.min(at)..at.saturating_sub(2).max(2.min(at))));
        }
        rest = rest.slice(at + delimiter.len()..);
        inside = true;
    }
    found
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_files_come_apart() {
        let body = Bytes::from_static(
            b"--xx\r\nContent-Disposition: form-data; name=\"files[0]\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nhello\r\n\
              --xx\r\nContent-Disposition: form-data; name=\"payload_json\"\r\n\r\n{\"content\":\"x\"}\r\n--xx--\r\n",
        );
        let (json, uploads) = parse(&body, &boundary("multipart/form-data; boundary=xx").unwrap());
        assert_eq!(json.unwrap(), "{\"content\":\"x\"}");
        assert_eq!(uploads[0].filename, "a.txt");
        assert_eq!(uploads[0].content_type.as_deref(), Some("text/plain"));
        assert_eq!(uploads[0].bytes, "hello");
    }
}
