//! Words that tell secrets from what is merely called so.

/// Whole values that nobody has as a secret. Sorted.
#[rustfmt::skip]
pub(super) const PLACEHOLDERS: &[&str] = &[
    "accesstoken", "admin", "allow", "always", "any", "apikey", "apitoken", "ascii", "authtoken", "bar", "baz",
    "bearer", "bool", "boolean", "bytes", "char", "const", "credential", "credentials", "default", "deny", "disabled",
    "empty", "enabled", "env", "error", "false", "file", "foo", "foobar", "forbid", "hidden", "input", "int",
    "integer", "key", "latin", "login", "md", "mypass", "mypassword", "mysecret", "mytoken", "never", "nil", "no",
    "none", "null", "number", "object", "off", "on", "optional", "pass", "passwd", "password", "private", "pwd",
    "required", "root", "secret", "self", "sha", "str", "string", "test", "testing", "text", "token", "true",
    "undefined", "unknown", "user", "username", "userpass", "utf", "value", "void", "warn", "yes",
];

/// Words that make the value around them a stand-in. Sorted.
#[rustfmt::skip]
pub(super) const STAND_INS: &[&str] = &[
    "change", "changeit", "changeme", "dummy", "enter", "example", "examplekey", "fake", "fixme", "goes", "here",
    "insert", "lorem", "masked", "my", "placeholder", "redacted", "replace", "replaced", "replaceme", "sample", "tbd",
    "the", "todo", "xxx", "xxxx", "your", "yours",
];

/// The longest of the words above, in bytes.
pub(super) const LONGEST_WORD: usize = 11;

/// Last words of a name that make it a name of something else than the secret. Sorted.
#[rustfmt::skip]
pub(super) const ASIDE: &[&str] = &[
    "address", "alg", "algo", "algorithm", "alias", "arn", "at", "attempts", "attr", "attribute", "bits", "button",
    "bytes", "cache", "callback", "case", "class", "col", "column", "confirm", "confirmation", "count", "counter",
    "date", "decoder", "desc", "description", "dir", "directory", "enabled", "encoder", "endpoint", "error", "errors",
    "exp", "expiration", "expires", "expiry", "field", "fields", "file", "filename", "folder", "form", "format",
    "func", "function", "handler", "header", "help", "hint", "host", "icon", "id", "identifier", "ids", "index",
    "input", "interval", "kdf", "kind", "label", "len", "length", "limit", "link", "list", "location", "manager",
    "max", "message", "method", "mgr", "min", "mode", "name", "names", "option", "options", "param", "parameter",
    "parser", "path", "pattern", "placeholder", "policy", "prefix", "prompt", "provider", "rate", "realm", "ref",
    "regex", "required", "reset", "rotation", "size", "source", "status", "stencil", "stream", "title", "ttl", "type",
    "url", "usage", "version",
];

/// What makes a key a secret: the word before "key". Sorted.
#[rustfmt::skip]
pub(super) const KEYS: &[&str] = &[
    "access", "account", "acct", "admin", "aes", "api", "app", "application", "art", "artif", "auth", "authorization",
    "backup", "bearer", "bot", "cert", "client", "consumer", "cookie", "crypt", "crypto", "decrypt", "decryption",
    "deploy", "developer", "device", "enc", "encoding", "encrypt", "encryption", "ftp", "git", "hmac", "iam",
    "ingestion", "integration", "jwt", "license", "live", "login", "master", "merchant", "oauth", "org", "partner",
    "pass", "private", "prod", "read", "root", "rsa", "sas", "secret", "secure", "security", "server", "service",
    "session", "shared", "sign", "signing", "sl", "ssh", "storage", "subscribe", "subscription", "token", "upload",
    "webhook", "write",
];

/// Services whose keys people have. Sorted.
#[rustfmt::skip]
pub(super) const SERVICES: &[&str] = &[
    "1password", "abstractapi", "abuseipdb", "activecampaign", "adafruit", "adobe", "adyen", "aftership", "agora",
    "ahrefs", "airbrake", "airtable", "aiven", "alchemy", "algolia", "alibaba", "aliyun", "alphavantage", "amadeus",
    "amplitude", "anthropic", "apify", "apollo", "appcenter", "appdynamics", "appsflyer", "apptentive", "artifactory",
    "asana", "assemblyai", "atlassian", "auth0", "authress", "autodesk", "avalara", "aws", "azure", "bamboohr",
    "bandwidth", "basecamp", "beamer", "binance", "bitbucket", "bitfinex", "bitly", "bitmex", "bitrise", "bittrex",
    "blockchain", "box", "braintree", "branchio", "brandfetch", "braze", "brevo", "browserstack", "bugsnag",
    "buildkite", "calendly", "campaignmonitor", "chargebee", "chargify", "checkly", "circleci", "clearbit",
    "clickhouse", "clickup", "clojars", "cloudant", "cloudflare", "cloudinary", "cloudsmith", "cockroach", "codacy",
    "codeclimate", "codecov", "cohere", "coinbase", "coinmarketcap", "confluence", "confluent", "contentful",
    "contentstack", "coveralls", "customerio", "cypress", "databricks", "datadog", "deepgram", "deepseek",
    "delighted", "deviantart", "digitalocean", "discord", "disqus", "docker", "docusign", "doppler", "droneci",
    "dropbox", "duffel", "dynatrace", "easypost", "elasticsearch", "elevenlabs", "etherscan", "etsy", "eventbrite",
    "exoscale", "facebook", "fastly", "fauna", "figma", "finicity", "finnhub", "firebase", "fireworks", "flickr",
    "flutterwave", "flyio", "foursquare", "frameio", "freemius", "freshbooks", "freshdesk", "front", "fullstory",
    "geoapify", "getresponse", "giphy", "github", "gitlab", "gitter", "gocardless", "godaddy", "google", "grafana",
    "groq", "gumroad", "harness", "hashicorp", "hellosign", "helpscout", "heroku", "hetzner", "honeybadger",
    "honeycomb", "hotjar", "hubspot", "huggingface", "ibm", "ifttt", "infracost", "infura", "instagram", "intercom",
    "intra42", "ipinfo", "ipstack", "jfrog", "jira", "jumpcloud", "kakao", "keen", "klaviyo", "kraken", "kucoin",
    "lastfm", "launchdarkly", "linear", "linkedin", "linode", "livechat", "lob", "logdna", "loggly", "looker",
    "mailchimp", "mailerlite", "mailgun", "mailjet", "mandrill", "mapbox", "mapquest", "mattermost", "maxmind",
    "meraki", "messagebird", "microsoft", "mistral", "mixpanel", "monday", "mongodb", "mux", "netlify", "newrelic",
    "nexmo", "ngrok", "notion", "npm", "nuget", "nvidia", "nytimes", "octopus", "okta", "onesignal", "openai",
    "openrouter", "openshift", "openweather", "opsgenie", "optimizely", "oracle", "ovh", "packagist", "pagerduty",
    "paypal", "paystack", "percy", "perplexity", "pinecone", "pinterest", "pipedrive", "plaid", "planetscale",
    "plivo", "polygon", "postman", "postmark", "prefect", "privateai", "pubnub", "pulumi", "pusher", "pypi", "qiwi",
    "rapidapi", "razorpay", "readme", "recurly", "reddit", "render", "replicate", "rollbar", "rubygems", "salesforce",
    "scaleway", "scalingo", "segment", "semaphore", "sendbird", "sendgrid", "sendinblue", "sentry", "settlemint",
    "shippo", "shodan", "shopify", "sidekiq", "slack", "smartsheet", "snowflake", "snyk", "softlayer", "sonar",
    "sourcegraph", "sparkpost", "splunk", "spotify", "square", "squarespace", "stackhawk", "statuspage", "storyblok",
    "stripe", "stytch", "sumo", "sumologic", "supabase", "surveymonkey", "tailscale", "teamcity", "telegram",
    "telnyx", "tencent", "tiktok", "todoist", "together", "travis", "travisci", "trello", "twilio", "twitch",
    "twitter", "typeform", "unsplash", "upstash", "uptimerobot", "vault", "vercel", "virustotal", "vonage",
    "wakatime", "webflow", "wepay", "woocommerce", "workos", "xray", "yandex", "yelp", "youtube", "zapier", "zendesk",
    "zenhub", "zoho", "zoom", "zuora",
];

/// Heads of a name that make it no secret: public keys, and what only says that a page is the same. Sorted.
#[rustfmt::skip]
pub(super) const PUBLIC: &[&str] = &[
    "continuation", "csrf", "next", "page", "pagination", "public", "xsrf",
];

/// What people say of a password without telling it. Sorted.
#[rustfmt::skip]
pub(super) const SAID: &[&str] = &[
    "again", "also", "always", "because", "blank", "blocked", "broken", "changed", "compromised", "correct",
    "different", "easy", "encrypted", "expired", "forgotten", "gone", "good", "hacked", "hard", "hashed", "incorrect",
    "invalid", "known", "leaked", "long", "lost", "missing", "needed", "never", "okay", "old", "only", "ready",
    "rejected", "required", "reset", "right", "safe", "same", "saved", "secure", "short", "simple", "stolen",
    "stored", "strong", "stronger", "there", "unique", "unknown", "used", "valid", "weak", "working", "wrong",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_and_hold_nothing_twice() {
        for list in [PLACEHOLDERS, STAND_INS, ASIDE, KEYS, SERVICES, PUBLIC, SAID] {
            let wrong: Vec<_> = list.windows(2).filter(|pair| pair[0] >= pair[1]).collect();
            assert!(wrong.is_empty(), "{wrong:?}");
        }
        assert!(PLACEHOLDERS.iter().chain(STAND_INS).all(|word| word.len() <= LONGEST_WORD));
    }
}
