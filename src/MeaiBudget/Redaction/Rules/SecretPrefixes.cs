namespace MeaiBudget;

/// <summary>
/// The beginnings that providers give to their secrets. Sources: the rule set of gitleaks (v8, MIT), the list of partners of GitHub's
/// secret scanning, and the documentation of each provider. Lengths are lower bounds, so that a provider may introduce longer secrets.
/// </summary>
/// <remarks>
/// The table is for secrets whose form alone is not enough (<see cref="TokenShapes"/> recognises a prefix, a separator and generated
/// characters without it) and for prefixes that must be found whatever follows them.
/// </remarks>
internal static class SecretPrefixes
{
    private static readonly PrefixRule[][] ByStart = new PrefixRule[128 * 128][];

    static SecretPrefixes()
    {
        foreach (IGrouping<int, PrefixRule> group in All().GroupBy(static rule => Index(rule.Trigger[0], rule.Trigger[1])))
        {
            ByStart[group.Key] = [.. group];
        }
    }

    /// <summary>Returns the rules whose prefix begins with these two characters; null if there are none.</summary>
    public static PrefixRule[]? Beginning(char first, char second) => first < 128 && second < 128 ? ByStart[Index(first, second)] : null;

    private static int Index(char first, char second) => (first * 128) + second;

    private static IEnumerable<PrefixRule> All() =>
    [
        // Model providers: OpenAI (old, project, service account, admin), Anthropic, LiteLLM, OpenRouter, DeepSeek, Stability, Langfuse.
        .. Of(SecretRuns.Token, 16, "sk-ant-", "sk-proj-", "sk-svcacct-", "sk-admin-", "sk-or-v1-", "sk-lf-", "sk-helicone-"),
        .. Checked(SecretRuns.Token, 16, "sk-", "sk_"),
        .. Unworded(SecretRuns.Token, 32, "sess-"),

        // Groq, xAI, Perplexity, Replicate, NVIDIA, Together, Pinecone, LangSmith, Tavily, Voyage, Jina, Weights & Biases, Exa, Firecrawl.
        .. Of(SecretRuns.Token, 20, "pplx-", "r8_", "nvapi-", "tgp_v1_", "pcsk_", "tvly-", "wandb_v1_", "esecret_"),
        .. Unworded(SecretRuns.Token, 20, "gsk_", "xai-", "lsv2_", "jina_", "fc-", "al-"),
        .. Of(SecretRuns.Word, 20, "fw_", "fw-", "csk-", "hf_", "api_org_", "e2b_"),
        .. Checked(SecretRuns.Token, 30, "pa-"),

        // RunPod, Modal, LlamaCloud, Chroma, Mem0, Apify, Brave, PromptLayer, Baidu, Volcengine, Instabase and others.
        .. Checked(SecretRuns.Token, 18, "rpa_", "llx-", "apify_api_", "mdb_sa_sk_", "xau_", "napi_", "os_v2_app_", "AVNS_", "phx_", "CCIPAT_", "CCIPRJ_", "waka_", "pina_", "censys_"),
        .. Of(SecretRuns.Path, 30, "bce-v3/ALTAK-"),
        .. Checked(SecretRuns.Token, 20, "ak-", "as-", "ck-", "m0-", "BSA", "AKLT", "md-", "da2-", "6Le"),
        .. Of(SecretRuns.Hexadecimal, 32, "ATTA", "mlsn.", "amzn1.oa2-cs.v1."),
        .. Checked(SecretRuns.Token, 60, "IGQV", "IGAA", "act."),
        .. Of(SecretRuns.Token, 36, "RGAPI-", "amzn.mws.", "APP_USR-", "APA91b"),
        .. Of(SecretRuns.TokenWithDots, 40, "vk1.a.", "y0_Ag", "y0__"),
        .. Of(SecretRuns.JsonWebToken, 16, "WPL_AP1."),
        .. Of(SecretRuns.JsonWebToken, 40, "perm:"),
        .. Unworded(SecretRuns.JsonWebToken, 40, "perm-"),
        .. Checked(SecretRuns.Base64, 80, "AQE"),
        .. Of(SecretRuns.Capitals, 50, "GOOG1E"),
        .. Checked(SecretRuns.Capitals, 16, "SCW", "HPUA", "A3T", "DO00", "DO80"),
        .. Of(SecretRuns.Hexadecimal, 24, "vera01ei-", "vera01es-"),
        .. Checked(SecretRuns.Hexadecimal, 32, "dkea", "dose"),

        // Volcengine's Ark, Luma, Predibase, Composio, Hyperbrowser, Axiom, ConfigCat, Flagsmith, Midtrans, Datadog's browser, Sanity, Devin, Requesty.
        .. Checked(SecretRuns.Token, 36, "ark-", "luma-"),
        .. Checked(SecretRuns.Token, 20, "pb_", "ak_", "Mid-server-"),
        .. Checked(SecretRuns.Hexadecimal, 24, "hb_"),
        .. Of(SecretRuns.Token, 36, "xaat-", "xapt-", "xait-"),
        .. Of(SecretRuns.Path, 40, "configcat-sdk-1/"),
        .. Checked(SecretRuns.Word, 16, "endr+"),
        .. Of(SecretRuns.Token, 36, "pdus+", "pdeu+"),
        .. Checked(SecretRuns.Base64, 44, "b_"),
        .. Of(SecretRuns.TokenWithDots, 60, "3MVG9", "3MVG8"),
        .. Checked(SecretRuns.Word, 20, "ser."),
        .. Checked(SecretRuns.Hexadecimal, 32, "pub"),

        // Google: API keys old and new, OAuth access and refresh tokens, client secrets.
        .. Of(SecretRuns.Token, 30, "AIza"),
        .. Of(SecretRuns.TokenWithDots, 20, "AQ.Ab", "ya29."),
        .. Of(SecretRuns.Token, 20, "GOCSPX-", "1//0", "1%2F%2F0"),

        // AWS: access key ids, session tokens, Bedrock keys. Secret access keys have no fixed form and are found by their names.
        .. Of(SecretRuns.PathWithDollars, 25, "apr1$"),
        .. Of(SecretRuns.Capitals, 16, "AKIA", "ASIA", "ABIA", "ACCA"),
        .. Of(SecretRuns.Base64, 60, "ABSK"),
        .. Of(SecretRuns.Base64, 20, "IQoJb3JpZ2lu", "FwoGZXIvYXdz", "FQoGZXIvYXdz", "bedrock-api-key-"),

        // Other clouds: Alibaba, Tencent, Yandex, DigitalOcean, Cloudflare, Vercel, Supabase, PlanetScale, Heroku, Fly.io, Netlify, Render, Scalingo.
        .. Checked(SecretRuns.Word, 18, "LTAI"),
        .. Checked(SecretRuns.Word, 28, "AKID"),
        .. Checked(SecretRuns.Token, 35, "AQVN", "YCA", "YCM", "YCN", "YCO", "YCP"),
        .. Of(SecretRuns.TokenWithDots, 60, "t1.9"),
        .. Of(SecretRuns.Hexadecimal, 32, "dop_v1_", "doo_v1_", "dor_v1_"),
        .. Checked(SecretRuns.Token, 40, "v1.0-"),
        .. Of(SecretRuns.Token, 20, "sb_secret_", "sbp_", "HRKU-"),
        .. Unworded(SecretRuns.Token, 20, "vcp_", "vci_", "vca_", "vcr_", "vck_", "vc_", "nfp_", "nfc_", "nfo_", "nfu_", "rnd_", "tk-us-", "tk-eu-"),
        .. Of(SecretRuns.TokenWithDots, 20, "pscale_tkn_", "pscale_oauth_", "pscale_pw_"),
        .. Of(SecretRuns.Base64, 40, "fm1a_", "fm1r_", "fm2_", "fo1_"),

        // Infrastructure: HashiCorp Vault and Terraform, Pulumi, Doppler, Infisical, 1Password, age, OpenShift, Tailscale, Databricks, ClickHouse.
        .. Of(SecretRuns.Token, 24, "hvs.", "hvb.", "hvr."),
        .. Checked(SecretRuns.Word, 24, "s."),
        .. Of(SecretRuns.Hexadecimal, 32, "pul-"),
        .. Of(SecretRuns.TokenWithDots, 30, "dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.scim.", "dp.audit."),
        .. Of(SecretRuns.Base64, 60, "ops_eyJ"),
        .. Of(SecretRuns.Capitals, 30, "AGE-SECRET-KEY-1"),
        .. Checked(SecretRuns.CapitalGroups, 30, "A3-"),
        .. Of(SecretRuns.Token, 30, "sha256~"),
        .. Of(SecretRuns.Token, 20, "tskey-"),
        .. Of(SecretRuns.Token, 30, "dapi"),
        .. Checked(SecretRuns.Word, 36, "4b1d"),

        // Code hosts: GitHub, GitLab, Bitbucket, Atlassian, Gitea, Sourcegraph.
        .. Of(SecretRuns.Word, 20, "ghp_", "gho_", "ghu_", "ghr_"),
        .. Of(SecretRuns.TokenWithDots, 20, "ghs_"),
        .. Of(SecretRuns.Token, 20, "github_pat_"),
        .. Of(SecretRuns.TokenWithDots, 20, "glpat-", "gldt-", "glrt-", "glrtr-", "glptt-", "glcbt-", "glimt-", "glagent-", "gloas-", "glsoat-", "glffct-", "glft-", "glwt-"),
        .. Of(SecretRuns.Token, 18, "GR1348941"),
        .. Checked(SecretRuns.Token, 24, "ATBB", "ATCTT3", "ATOAp", "BBDC-"),
        .. Of(SecretRuns.Base64, 60, "ATATT3"),
        .. Unworded(SecretRuns.Token, 30, "sgp_", "slk_"),

        // Packages and builds: npm, PyPI, NuGet, RubyGems, crates.io, Docker Hub, Clojars, JFrog, Buildkite, Octopus, Snyk, Sonar.
        .. Of(SecretRuns.Word, 30, "npm_"),
        .. Of(SecretRuns.Token, 50, "pypi-"),
        .. Checked(SecretRuns.Word, 43, "oy2"),
        .. Of(SecretRuns.Hexadecimal, 32, "rubygems_"),
        .. Checked(SecretRuns.Word, 30, "cio"),
        .. Of(SecretRuns.Token, 20, "dckr_pat_", "dckr_oat_"),
        .. Of(SecretRuns.Word, 40, "CLOJARS_"),
        .. Checked(SecretRuns.Word, 55, "AKCp", "cmVmd"),
        .. Checked(SecretRuns.Base64, 40, "cmVm"),
        .. Of(SecretRuns.Hexadecimal, 32, "bkua_", "bkct_", "squ_", "sqp_", "sqa_"),
        .. Checked(SecretRuns.Capitals, 24, "API-"),
        .. Of(SecretRuns.TokenWithDots, 30, "snyk_"),

        // Messages and mail: Slack, Discord, SendGrid, Mailgun, Mailchimp's Mandrill, Brevo, Postmark, Twilio, Telegram, Intercom.
        .. Of(SecretRuns.TokenWithDots, 14, "xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxo-", "xoxe-", "xoxe.", "xoxc-", "xoxd-"),
        .. Of(SecretRuns.Token, 20, "xapp-"),
        .. Of(SecretRuns.TokenWithDots, 40, "SG."),
        .. Of(SecretRuns.Hexadecimal, 32, "key-"),
        .. Of(SecretRuns.Token, 60, "xkeysib-", "xsmtpsib-"),
        .. Checked(SecretRuns.Hexadecimal, 32, "SK"),
        .. Checked(SecretRuns.Base64, 50, "dG9r"),

        // Payments: Stripe, Square, PayPal's Braintree, Shopify, Adyen, Plaid, Flutterwave, Paystack, Razorpay, GoCardless, Lob, Shippo, EasyPost.
        .. Of(SecretRuns.Word, 10, "sk_live_", "sk_test_", "sk_prod_", "rk_live_", "rk_test_", "rk_prod_"),
        .. Of(SecretRuns.Base64, 20, "whsec_"),
        .. Checked(SecretRuns.Token, 40, "EAAA", "EAAC", "EAAM", "EAAG", "EAAB", "EAAD", "EAAE", "EAAF", "EAAH", "EAAI", "EAAJ", "EAAK", "EAAL"),
        .. Of(SecretRuns.Token, 20, "sq0atp-", "sq0csp-", "sq0idp-"),
        .. Of(SecretRuns.PathWithDollars, 30, "access_token$"),
        .. Of(SecretRuns.Hexadecimal, 30, "shpat_", "shpca_", "shppa_", "shpss_"),
        .. Of(SecretRuns.Token, 12, "FLWSECK_TEST-", "FLWSECK-", "FLWPUBK_TEST-"),
        .. Of(SecretRuns.Hexadecimal, 12, "FLWSECK_TEST"),
        .. Of(SecretRuns.Token, 30, "shippo_live_", "shippo_test_"),
        .. Checked(SecretRuns.Word, 50, "EZAK", "EZTK"),

        // Watching: Grafana, Sentry, New Relic, Dynatrace, Postman, LaunchDarkly, Honeycomb.
        .. Of(SecretRuns.Token, 20, "glsa_"),
        .. Of(SecretRuns.Base64, 30, "sntrys_", "sntryu_"),
        .. Unworded(SecretRuns.Base64, 30, "glc_"),
        .. Of(SecretRuns.Token, 15, "NRAK-", "NRII-", "NRIQ-", "NRRA-", "NRSP-", "NRJS-"),
        .. Of(SecretRuns.TokenWithDots, 40, "dt0c01.", "dt0s01.", "dt0s02."),
        .. Of(SecretRuns.Token, 30, "PMAK-", "PMAT-"),

        // Work and content: Linear, Notion, Asana, HubSpot, Typeform, Contentful, Figma, Airtable, ReadMe, Frame.io, Dropbox, Adobe, Mapbox.
        .. Of(SecretRuns.Token, 20, "lin_api_", "lin_oauth_", "CFPAT-", "figd_", "figo_", "rdme_", "fio-u-", "p8e-"),
        .. Unworded(SecretRuns.Token, 20, "ntn_", "pnu_", "ico-"),
        .. Of(SecretRuns.TokenWithDots, 30, "tfp_"),
        .. Checked(SecretRuns.Token, 30, "pat-"),
        .. Of(SecretRuns.TokenWithDots, 60, "sl.", "sk.eyJ", "tk.eyJ"),

        // Private keys in base64 without the lines of PEM: PKCS #1, PKCS #8 and OpenSSH begin the same in all keys.
        .. Of(SecretRuns.KeyBody, 24, "MIIEvQIBADAN", "MIIEvgIBADAN", "MIIEvAIBADAN", "MIIEowIBAAKC", "MIIEpAIBAAKC", "MIIEpQIBAAKC", "MIIEogIBAAKC", "MIIJKAIBAAKC", "MIIJKQIBAAKC", "MIIJKgIBAAKC", "MIIJQgIBADAN", "MIIJQwIBADAN", "MIIJRAIBADAN",
            "MIICXAIBAAKB", "MIICXQIBAAKB", "MIICXgIBAAKB", "MIICdwIBADAN", "MIICdgIBADAN", "MHcCAQEEI", "MHQCAQEEI", "MIGHAgEAMBMG", "MIG2AgEAMBAG", "MC4CAQAwBQYDK2Vw", "b3BlbnNzaC1rZXktdjE"),

        // JSON Web Tokens, signed, encrypted or truncated: base64 of a JSON object.
        .. Of(SecretRuns.JsonWebToken, 20, "eyJhbGci", "eyJ0eXAi", "eyJraWQi", "eyJjdHki", "eyJ4NXQi", "eyJlbmMi", "eyJlcGsi", "eyJjcml0", "eyJqa3Ui", "eyJ1cmwi", "eyJub25j", "eyJpYXQi", "eyJpc3Mi", "eyJzdWIi", "eyJleHAi"),

        // Canva, Convex, DevCycle, Django, ModelScope, Neon, Spectral, Telnyx, UpCloud.
        .. Checked(SecretRuns.Token, 40, "cnvca", "KEY01"),
        .. Of(SecretRuns.JsonWebToken, 40, "eyJ2MiI6"),
        .. Of(SecretRuns.Token, 20, "dvc_server_", "dvc_client_", "ucat_0"),
        .. Of(SecretRuns.Symbols, 40, "django-insecure-"),
        .. Unworded(SecretRuns.Token, 36, "ms-"),
        .. Checked(SecretRuns.Word, 12, "npg_"),
        .. Of(SecretRuns.Hexadecimal, 32, "spu-"),

        // 42's intranet, Exoscale, Depot, Aiven, Confluent, PagerDuty, minisign, Cardano, Jenkins, Laravel.
        .. Of(SecretRuns.Hexadecimal, 64, "s-s4t2ud-", "u-s4t2ud-", "depot_org_"),
        .. Checked(SecretRuns.Hexadecimal, 24, "EXO"),
        .. Checked(SecretRuns.Base64, 40, "aivenv1", "cflt"),
        new PrefixRule("u+", SecretRuns.Token, 18) { IsChecked = true, IsExact = true },
        .. Of(SecretRuns.Base64, 100, "RWRTY0Iy"),
        .. Checked(SecretRuns.Word, 58, "nsec1", "ncryptsec1"),
        .. Checked(SecretRuns.Word, 100, "xprv", "yprv", "zprv", "tprv"),
        .. Checked(SecretRuns.Capitals, 53, "SUA", "SAA", "SOA"),
        .. Checked(SecretRuns.Token, 36, "fnAE", "fnAF"),
        .. Checked(SecretRuns.Token, 120, "BQ"),
        .. Of(SecretRuns.Base64, 60, "MDAxY2xvY2F0aW9u", "MDAyY2xvY2F0aW9u"),
        .. Of(SecretRuns.TokenWithDots, 40, "hawk."),
        .. Checked(SecretRuns.Word, 50, "ed25519_sk1", "ed25519e_sk1", "acct_xsk1", "addr_xsk1", "stake_xsk1", "root_xsk1"),
        new PrefixRule("AQAAABAAAA", SecretRuns.Base64, 30) { After = '{' },
        new PrefixRule("base64:", SecretRuns.Base64, 44) { IsChecked = true, IsExact = true },

        // Hashes of passwords: a weak password can be found from them.
        .. Of(SecretRuns.SaltedHash, 50, "SCRAM-SHA-1$", "SCRAM-SHA-256$", "scrypt:", "pbkdf2:"),
        .. Of(SecretRuns.PasswordHash, 50, "2a$", "2b$", "2y$"),
        .. Checked(SecretRuns.PasswordHash, 40, "5$", "6$", "y$"),
        .. Of(SecretRuns.PasswordHash, 40, "argon2i$", "argon2d$", "argon2id$", "pbkdf2_sha256$", "pbkdf2-sha256$", "pbkdf2-sha512$", "scrypt$"),

        // The older keys of Grafana: base64 of {"k":"...
        .. Of(SecretRuns.JsonWebToken, 40, "eyJrIjoi"),
        new JsonWebTokenRule(),
    ];

    private static IEnumerable<PrefixRule> Of(CharacterRun run, int minLength, params string[] prefixes) =>
        prefixes.Select(prefix => new PrefixRule(prefix, run, minLength) { AtWordStart = true });

    /// <summary>Prefixes that also begin names of several words, such as the end of an address or the name of a file: those are kept.</summary>
    private static IEnumerable<PrefixRule> Unworded(CharacterRun run, int minLength, params string[] prefixes) =>
        prefixes.Select(prefix => new PrefixRule(prefix, run, minLength) { AtWordStart = true, KeepsNames = true });

    /// <summary>Prefixes that also begin words or data: what follows must look generated.</summary>
    private static IEnumerable<PrefixRule> Checked(CharacterRun run, int minLength, params string[] prefixes) =>
        prefixes.Select(prefix => new PrefixRule(prefix, run, minLength) { AtWordStart = true, IsChecked = true });
}
