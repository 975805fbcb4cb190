using System.Buffers;

namespace MeaiBudget;

/// <summary>
/// The built-in rules. Prefixes are from the gitleaks rule set (v8, MIT) and from the providers' documentation. Lengths are
/// lower bounds, so that a provider may introduce longer keys.
/// </summary>
internal static class SecretRules
{
    private static readonly SearchValues<char> Base64Characters = SecretRuns.Base64.Characters;

    public static SecretRule[] BuiltIn { get; } =
    [
        // OpenAI (old, project, service account, admin), Anthropic, LiteLLM's virtual keys, OpenRouter, DeepSeek.
        new PrefixRule("sk-", SecretRuns.Token, 16) { AtWordStart = true },
        new PrefixRule("sk-ant-", SecretRuns.Token, 16),
        new PrefixRule("sk-proj-", SecretRuns.Token, 16),
        new PrefixRule("sk-svcacct-", SecretRuns.Token, 16),
        new PrefixRule("sk-admin-", SecretRuns.Token, 16),
        new PrefixRule("sess-", SecretRuns.Token, 32) { AtWordStart = true },

        // Other model providers: Groq, xAI, Perplexity, Replicate, NVIDIA, Together, Fireworks, Cerebras, Hugging Face, Pinecone, LangSmith, Tavily.
        new PrefixRule("gsk_", SecretRuns.Token, 20) { AtWordStart = true },
        new PrefixRule("xai-", SecretRuns.Token, 20) { AtWordStart = true },
        new PrefixRule("pplx-", SecretRuns.Token, 20),
        new PrefixRule("r8_", SecretRuns.Token, 20) { AtWordStart = true },
        new PrefixRule("nvapi-", SecretRuns.Token, 20),
        new PrefixRule("tgp_v1_", SecretRuns.Token, 20),
        new PrefixRule("fw_", SecretRuns.Word, 20) { AtWordStart = true },
        new PrefixRule("csk-", SecretRuns.Word, 20) { AtWordStart = true },
        new PrefixRule("hf_", SecretRuns.Word, 20) { AtWordStart = true },
        new PrefixRule("api_org_", SecretRuns.Word, 20),
        new PrefixRule("pcsk_", SecretRuns.Token, 20),
        new PrefixRule("lsv2_", SecretRuns.Token, 20),
        new PrefixRule("tvly-", SecretRuns.Token, 20),

        // Google: API keys old and new, OAuth tokens and client secrets.
        new PrefixRule("AIza", SecretRuns.Token, 30),
        new PrefixRule("AQ.Ab", SecretRuns.TokenWithDots, 20),
        new PrefixRule("ya29.", SecretRuns.TokenWithDots, 20),
        new PrefixRule("GOCSPX-", SecretRuns.Token, 20),

        // AWS: access key ids, session tokens, Bedrock keys. Secret access keys have no fixed form and are found by their names.
        new PrefixRule("AKIA", SecretRuns.Capitals, 16),
        new PrefixRule("ASIA", SecretRuns.Capitals, 16),
        new PrefixRule("ABIA", SecretRuns.Capitals, 16),
        new PrefixRule("ACCA", SecretRuns.Capitals, 16),
        new PrefixRule("ABSK", SecretRuns.Base64, 60),
        new PrefixRule("IQoJb3JpZ2lu", SecretRuns.Base64, 20),
        new PrefixRule("FwoGZXIvYXdz", SecretRuns.Base64, 20),
        new PrefixRule("bedrock-api-key-", SecretRuns.Base64, 20),

        // Azure: AI services, storage and search keys by the marker inside them; client secrets.
        new PrefixRule("JQQJ99", SecretRuns.Base64, 20) { Before = Base64Characters, MaxBefore = 64 },
        new PrefixRule("+ASt", SecretRuns.Base64, 8) { Before = Base64Characters, MaxBefore = 80 },
        new PrefixRule("AzSeA", SecretRuns.Base64, 5) { Before = Base64Characters, MaxBefore = 48 },
        new PrefixRule("8Q~", SecretRuns.AzureClientSecret, 30) { Before = SecretRuns.AzureClientSecret.Characters, MaxBefore = 3 },

        // Code hosts and package registries.
        new PrefixRule("ghp_", SecretRuns.Word, 20),
        new PrefixRule("gho_", SecretRuns.Word, 20),
        new PrefixRule("ghu_", SecretRuns.Word, 20),
        new PrefixRule("ghs_", SecretRuns.TokenWithDots, 20),
        new PrefixRule("ghr_", SecretRuns.Word, 20),
        new PrefixRule("github_pat_", SecretRuns.Token, 20),
        new PrefixRule("glpat-", SecretRuns.TokenWithDots, 20),
        new PrefixRule("gldt-", SecretRuns.Token, 20),
        new PrefixRule("glrt-", SecretRuns.TokenWithDots, 20),
        new PrefixRule("npm_", SecretRuns.Word, 30),
        new PrefixRule("pypi-", SecretRuns.Token, 50),
        new PrefixRule("oy2", SecretRuns.Word, 43) { AtWordStart = true },
        new PrefixRule("dckr_pat_", SecretRuns.Token, 20),

        // Slack, Stripe and other services that tools often use.
        new PrefixRule("xox", SecretRuns.TokenWithDots, 14),
        new PrefixRule("xapp-", SecretRuns.Token, 20),
        new PrefixRule("hooks.slack.com/", SecretRuns.Path, 30),
        new PrefixRule("sk_live_", SecretRuns.Word, 10),
        new PrefixRule("sk_test_", SecretRuns.Word, 10),
        new PrefixRule("rk_live_", SecretRuns.Word, 10),
        new PrefixRule("rk_test_", SecretRuns.Word, 10),
        new PrefixRule("whsec_", SecretRuns.Base64, 20),
        new PrefixRule("SG.", SecretRuns.TokenWithDots, 40) { AtWordStart = true },
        new PrefixRule("shpat_", SecretRuns.Hexadecimal, 32),
        new PrefixRule("dapi", SecretRuns.Hexadecimal, 32),
        new PrefixRule("hvs.", SecretRuns.Token, 24),
        new PrefixRule("dop_v1_", SecretRuns.Hexadecimal, 32),
        new PrefixRule("glsa_", SecretRuns.Token, 20),

        // JSON Web Tokens, signed, encrypted or truncated: base64 of a JSON object.
        new PrefixRule("eyJ", SecretRuns.JsonWebToken, 20),

        new PrivateKeyRule(),
        new UserInfoRule(),
        new SchemeRule("bearer", SecretRuns.Bearer, 8, 16),
        new SchemeRule("basic", SecretRuns.Base64, 8, 32),

        new SecretNameRule("key") { Beginning = NameBeginning.KeyQualifier, Endings = ["s"] },
        new SecretNameRule("key provided") { MinLength = 8, PlainLength = 16 },
        new SecretNameRule("token") { MinLength = 8, PlainLength = 16 },
        new SecretNameRule("secret") { Endings = ["s"] },
        new SecretNameRule("pass") { Endings = ["-", "word", "words", "wd", "phrase", "code", "wort"] },
        new SecretNameRule("pass") { Beginning = NameBeginning.NoLetter, MinLength = 6, PlainLength = 8 },
        new SecretNameRule("pwd"),
        new SecretNameRule("credential") { Endings = ["s"] },
        new SecretNameRule("authorization") { Value = NamedValue.Authorization },
        new SecretNameRule("cookie") { Endings = ["s"], Value = NamedValue.Cookie },
        new SecretNameRule("sig") { Beginning = NameBeginning.NoLetter, Endings = ["nature"], MinLength = 16, PlainLength = 20 },
    ];

    /// <summary>Characters that may precede a trigger and be part of its secret. A streaming redactor holds back a run of them.</summary>
    public static SearchValues<char> Before { get; } = SearchValues.Create(SecretPattern.TokenCharacters + "+/=~.");
}
