//! The credentials of the newest builtin ruleset, from the outside. Every value is made here, at
//! run time, so that no file holds anything that looks like a secret.

use commonwheel_config::ruleset::builtin;
use commonwheel_protocol::redact::{Kind, Redactor};
use commonwheel_protocol::text::RawText;

const DIGITS: &str = "0123456789";
const HEX: &str = "0123456789abcdef";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const ALL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// `len` signs of an alphabet that look drawn by chance, the same ones each time.
fn chance(alphabet: &str, len: usize, seed: u32) -> String {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(97);
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        alphabet.as_bytes()[(state >> 16) as usize % alphabet.len()] as char
    };
    (0..len).map(|_| next()).collect()
}

fn uuid(seed: u32) -> String {
    let hex = chance(HEX, 32, seed);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

fn found(text: &str) -> Vec<(Kind, String)> {
    builtin().find(text).into_iter().map(|f| (f.kind, text[f.span].to_owned())).collect()
}

/// `value` is the only finding in `text`, and nothing is found once it is replaced.
fn assert_found(kind: Kind, text: &str, value: &str) {
    assert_eq!(found(text), [(kind, value.to_owned())], "{text}");
    let ruleset = builtin();
    let redacted = Redactor::new(&ruleset).redact(&RawText::new(text)).text.as_str().to_owned();
    assert_eq!(found(&redacted), [], "{redacted}");
}

#[test]
fn tokens_are_known_by_their_beginning() {
    let cases: Vec<(&str, String)> = vec![
        ("ghp_", chance(ALL, 36, 1)),
        ("github_pat_", format!("{}_{}", chance(ALL, 22, 2), chance(ALL, 59, 3))),
        ("glpat-", chance(ALL, 20, 4)),
        ("xoxb-", format!("{}-{}-{}", chance(DIGITS, 12, 5), chance(DIGITS, 12, 6), chance(ALL, 24, 7))),
        ("AKIA", chance(UPPER, 16, 8)),
        ("AIza", chance(ALL, 35, 9)),
        ("sk_live_", chance(ALL, 24, 10)),
        ("sk-proj-", chance(ALL, 48, 11)),
        ("sk-ant-api03-", format!("{}AA", chance(ALL, 93, 12))),
        ("hf_", chance(ALL, 34, 13)),
        ("npm_", chance(ALL, 36, 14)),
        ("pypi-AgE", chance(ALL, 120, 15)),
        ("dop_v1_", chance(HEX, 64, 16)),
        ("SG.", format!("{}.{}", chance(ALL, 22, 17), chance(ALL, 43, 18))),
        ("shpat_", chance(HEX, 32, 19)),
        ("hvs.", chance(ALL, 90, 20)),
        ("glsa_", format!("{}_{}", chance(ALL, 32, 21), chance(HEX, 8, 22))),
        ("SK", chance(HEX, 32, 23)),
        ("dckr_pat_", chance(ALL, 27, 24)),
        ("lin_api_", chance(ALL, 40, 25)),
        ("tskey-auth-", format!("{}-{}", chance(ALL, 12, 26), chance(ALL, 32, 27))),
        ("gsk_", chance(ALL, 52, 28)),
        ("PMAK-", format!("{}-{}", chance(HEX, 24, 29), chance(HEX, 34, 30))),
        ("CCIPAT_", format!("{}_{}", chance(ALL, 22, 31), chance(HEX, 40, 32))),
        ("pk.", format!("{}.{}", chance("abcdefgh0123456789", 60, 33), chance("abcdefgh0123456789", 22, 34))),
        ("xkeysib-", format!("{}-{}", chance(HEX, 64, 35), chance(ALL, 16, 36))),
        ("key-", chance(HEX, 32, 37)),
        ("sntryu_", chance(HEX, 64, 38)),
        ("rubygems_", chance(HEX, 48, 39)),
        ("whsec_", chance(ALL, 32, 40)),
        ("lsv2_pt_", format!("{}_{}", chance(HEX, 32, 41), chance(HEX, 10, 42))),
        ("re_", format!("{}_{}", chance(ALL, 8, 43), chance(ALL, 24, 44))),
        ("ya29.", chance(ALL, 80, 45)),
    ];
    for (start, rest) in cases {
        let token = format!("{start}{rest}");
        for text in [format!("use {token} for now"), format!("\"{token}\","), format!("a\\n{token}\\nb")] {
            assert_found(Kind::Token, &text, &token);
        }
    }
}

#[test]
fn tokens_with_a_mark_in_their_middle_are_found() {
    for token in [
        format!("{}-us{}", chance(HEX, 32, 1), 17),
        format!("{}.atlasv1.{}", chance(ALL, 14, 2), chance(ALL, 64, 3)),
        format!("{}:AA{}", chance("123456789", 10, 4), chance(ALL, 33, 5)),
        format!("{}8Q~{}", chance(ALL, 3, 6), chance(ALL, 34, 7)),
        format!("{}_{}_mmk", chance(ALL, 6, 8), chance(ALL, 29, 9)),
        format!("MT{}.G{}.{}", chance(ALL, 24, 10), chance(ALL, 5, 11), chance(ALL, 38, 12)),
    ] {
        assert_found(Kind::Token, &format!("it is {token}, keep it"), &token);
    }
}

#[test]
fn hooks_are_found_as_addresses() {
    let slack = format!(
        "https://hooks.slack.com/services/T{}/B{}/{}",
        chance(UPPER, 8, 1),
        chance(UPPER, 8, 2),
        chance(ALL, 24, 3)
    );
    let discord = format!("https://discord.com/api/webhooks/{}/{}", chance("123456789", 18, 4), chance(ALL, 68, 5));
    for hook in [slack, discord] {
        assert_found(Kind::Token, &format!("post to {hook}"), &hook);
    }
}

#[test]
fn secrets_are_known_by_their_names_in_many_notations() {
    for (index, value) in [
        chance(ALL, 32, 1),
        chance(HEX, 40, 2),
        uuid(3),
        chance("abcdefghijklmnop0123456789", 24, 4),
        chance("123456789", 16, 9),
    ]
    .into_iter()
    .enumerate()
    {
        for text in [
            format!("API_TOKEN={value}"),
            format!("export SERVICE_API_KEY='{value}'"),
            format!("client_secret: {value}"),
            format!("{{\"access_token\": \"{value}\"}}"),
            format!("{{\\\"access_token\\\":\\\"{value}\\\"}}"),
            format!("$config['secret_key'] = '{value}';"),
            format!("'api_key' => '{value}',"),
            format!("var accessToken string = \"{value}\""),
            format!("const API_KEY: &str = \"{value}\";"),
            format!("token := `{value}`"),
            format!("String authToken = \"{value}\";"),
            format!("System.setProperty(\"API_TOKEN\", \"{value}\")"),
            format!("<apiKey>\n  {value}\n</apiKey>"),
            format!("<add key=\"ApiSecret\" value=\"{value}\" />"),
            format!("tool --token {value}"),
            format!("X-Api-Key: {value}"),
            format!("{{\"config\": \"TOKEN={value}\\nB=1\"}}"),
            format!("if token == \"{value}\":"),
            format!("stripe_key = \"{value}\""),
            format!("https://host.org/x?access_token={value}"),
        ] {
            assert_found(Kind::Secret, &text, &value);
        }
        assert!(index < 5);
    }
}

#[test]
fn passwords_are_known_by_their_names() {
    for (text, value) in [
        ("password = \"hunter2!\"", "hunter2!"),
        ("DB_PASSWORD=sunshine\n", "sunshine"),
        ("Server=db;User Id=app;Password=sunshine;Encrypt=yes", "sunshine"),
        ("mysql: {user: app, pwd: 'tiger7x'}", "tiger7x"),
        ("my password is hunter2x.", "hunter2x"),
        ("My password is sunshine.", "sunshine"),
        ("Passwort: Sommer2024", "Sommer2024"),
        ("login ana pw greenhat7", "greenhat7"),
        ("machine x login ana password greenhat7", "greenhat7"),
        ("tool --password hunter2x", "hunter2x"),
        ("the password for the server is tr0ub4dor", "tr0ub4dor"),
        ("Wifi password - tr0ub4dor", "tr0ub4dor"),
        ("jdbc:x://db/x?password=hunter2x&ssl=true", "hunter2x"),
        ("sshpass -p 'hunter2x' ssh x", "hunter2x"),
        ("ftp://ana:greenhat7@localhost/x", "ana:greenhat7"),
        ("curl -u ana:greenhat7 https://host.org", "ana:greenhat7"),
        ("<password>greenhat7</password>", "greenhat7"),
    ] {
        assert_found(Kind::Password, text, value);
    }
}

#[test]
fn headers_cookies_and_sessions_are_found() {
    let value = chance(ALL, 32, 1);
    for (kind, text, found) in [
        (Kind::Authorization, format!("Authorization: Bearer {value}"), value.clone()),
        (
            Kind::Authorization,
            "Authorization: Basic YW5hOmdyZWVuaGF0Nw==".to_owned(),
            "YW5hOmdyZWVuaGF0Nw==".to_owned(),
        ),
        (Kind::Cookie, format!("Set-Cookie: sid={value}; Path=/"), format!("sid={value}")),
        (Kind::Cookie, format!("/x;JSESSIONID={value}"), value.clone()),
        (Kind::Secret, format!("https://blob.host/x?sv=1&sig={value}"), value.clone()),
        (Kind::Secret, format!("https://s3.host/x?X-Amz-Date=20240131&X-Amz-Signature={value}&x=1"), value.clone()),
        (Kind::Secret, format!("AccountName=x;AccountKey={value}{value}==;"), format!("{value}{value}==")),
    ] {
        assert_found(kind, &text, &found);
    }
}

#[test]
fn keys_documents_and_logs_are_found() {
    let lines = [chance(ALL, 64, 1), chance(ALL, 64, 2), chance(ALL, 20, 3)];
    let key = format!("-----BEGIN {0}-----\n{1}\n-----END {0}-----", "PRIVATE KEY", lines.join("\n"));
    assert_found(Kind::PrivateKey, &format!("here:\n{key}\nthanks"), &key);
    let secret = "kind: Secret\ndata:\n  word: czNjcmV0\n";
    assert_found(Kind::Secret, secret, "word: czNjcmV0");
    let line = "host.isp.net - ana [10/Oct/2024:13:55:36 -0700] \"GET /a?q=flu HTTP/1.1\" 200 23";
    assert_found(Kind::AccessLog, line, &line[..line.len() - 7]);
}

#[test]
fn text_without_secrets_is_left_alone() {
    for text in [
        "password: your_password",
        "API_KEY=<your api key>",
        "token = os.environ[\"API_TOKEN\"]",
        "api_key: ${API_KEY}",
        "password = getpass()",
        "const token = await getToken(user.id2);",
        "let secret = self.secret_for(\"api2\");",
        "max_tokens = 4096",
        "the password is wrong, try another password",
        "Password: required",
        "primary_key = \"user_id_2\"",
        "public_key = \"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\"",
        "checksum = \"8c1f0a94e7b2d63598c1f0a94e7b2d63598c1f0a94e7b2d63598c1f0a94e7b2d\"",
        "integrity sha512-Zk3vT9wQx2Lm7Rb8Zk3vT9wQx2Lm7Rb8Zk3vT9wQx2Lm7Rb8Zk3vT9wQx2Lm7Rb8Zk3vT9wQx2Lm7Rb8Zg==",
        "commit 8c1f0a94e7b2d63598c1f0a94e7b2d63598c1f0a",
        "id: 1f0a94e7-b2d6-4359-8c1f-0a94e7b2d635",
        "at 1700000000 version 1.2.3-beta.4",
        "Stripe: 8c1f0a94e7b2d63598c1f0a94e7b2d63598c1f0a",
        "pub fn token(&self) -> Token::Kind { Token::new(1) }",
        "monkey: \"a1b2c3d4e5f6g7h8\"",
        "password_hint: \"Name of my 1st dog?\"",
        "enter your login and password twice",
        "Bearer of bad news",
        "the password for my account is wrong",
        "passwd: __u32,",
        "https://host.org:8080/path?page=2&sort=name",
        "type=\"password\" name=\"password\" placeholder=\"Password\"",
    ] {
        assert_eq!(found(text), [], "{text}");
    }
}
