namespace MeaiBudget;

/// <summary>Error texts and codes of providers that the status code does not distinguish: 400 and 429 have several meanings.</summary>
/// <remarks>Codes are checked first. Texts are checked last, for providers that send no code. The lists are in lower case.</remarks>
internal static class FailureWordings
{
    private static readonly string[] QuotaCodes =
    [
        "insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "billing_error", "enforced_spend_limit_reached",
        "contract_spend_limit_reached", "insufficient_balance", "insufficient_credits", "budget_exceeded", "access_terminated", "payment_required",
    ];

    private static readonly string[] QuotaWords =
    [
        "credit balance is too low", "insufficient balance", "insufficient credits", "insufficient funds", "not enough credits",
        "exceeded your current quota, please check your plan and billing", "regain access on", "usage limits", "spend limit", "spending limit",
        "monthly limit", "hard limit has been reached", "budget has been exceeded", "exceededbudget", "account is not active",
        "used all available credits", "out of credits",
    ];

    private static readonly string[] UsedUpQuotaWords =
    [
        "quota is exceeded", "quota exceeded", "exceeded quota", "quota has been exceeded", "exceeded the quota", "exceeded your quota", "quota exhausted",
        "out of call volume quota", "out of bandwidth quota", "quota will be replenished", "quota limit", "over quota",
    ];

    private static readonly string[] ContextCodes =
    [
        "context_length_exceeded", "too_many_prompt_tokens", "exceed_context_size_error", "request_too_large", "string_above_max_length",
        "contextwindowexceedederror", "model_max_prompt_tokens_exceeded", "max_tokens_exceeded",
    ];

    private static readonly string[] ContextWords =
    [
        "maximum context length", "max context length", "context length exceeded", "context window", "available context size",
        "prompt is too long", "prompt too long", "input is too long", "maximum prompt length", "input token count", "exceeds the maximum number of tokens",
        "too many total text bytes", "input length and `max_tokens` exceed", "too many input tokens", "input tokens exceeds", "total length of all messages is too long",
        "user input tokens exceed", "input tokens exceed", "reduce the length of the messages", "request_too_large", "request exceeds the maximum size",
        "too large for model with", "contextwindowexceedederror",
    ];

    private static readonly string[] ContentFilterCodes =
    [
        "content_filter", "content_policy_violation", "responsibleaipolicyviolation", "moderation", "moderation_blocked", "content_filtered",
        "data_inspection_failed", "contentpolicyviolationerror", "safety", "prohibited_content", "invalid_prompt",
    ];

    private static readonly string[] ContentFilterWords =
    [
        "content filtering policy", "content management policy", "content policy", "safety system", "flagged as potentially violating",
        "violating our usage policy", "flagged for violation", "requires moderation", "prohibited content", "contentpolicyviolationerror",
    ];

    private static readonly string[] AuthenticationCodes =
    [
        "invalid_api_key", "authentication_error", "api_key_invalid", "invalid_authentication", "permission_error", "unauthenticated", "permission_denied",
    ];

    private static readonly string[] AuthenticationWords =
    [
        "incorrect api key", "api key not valid", "invalid api key", "invalid x-api-key", "api key expired", "api key not found",
    ];

    private static readonly string[] ModelCodes = ["model_not_found", "not_found_error", "deploymentnotfound", "model_not_available", "not_found"];

    private static readonly string[] ModelWords =
    [
        "model not found", "no endpoints found", "does not exist or you do not have access", "does not exist", "has been deprecated", "unknown model", "invalid model name", "model does not support", "not supported with this model",
        "not supported by this model", "is not supported. supported models are",
    ];

    private static readonly string[] OverloadedCodes = ["overloaded_error", "unavailable", "server_is_overloaded", "slow_down", "engine_overloaded", "capacity_exceeded"];

    private static readonly string[] OverloadedWords = ["overloaded", "at capacity", "over capacity", "server busy", "no capacity"];

    private static readonly string[] RateLimitCodes =
    [
        "rate_limit_error", "rate_limit_exceeded", "resource_exhausted", "ratelimitreached", "rate_limited", "too_many_requests", "too_many_requests_error",
    ];

    /// <summary>For errors without a status code, which says it better.</summary>
    private static readonly string[] RateLimitWords = ["rate limit", "too many requests", "request limit reached"];

    private static readonly string[] ServerCodes = ["server_error", "api_error", "internal_server_error", "internal", "internal_error", "internalservererror"];

    private static readonly string[] TimeoutCodes = ["timeout_error", "request_timeout", "deadline_exceeded"];

    public static bool IsQuota(ProviderErrorBody body, string text) => body.IsDailyQuota || Says(body, text, QuotaCodes, QuotaWords);

    public static bool IsContext(ProviderErrorBody body, string text) => Says(body, text, ContextCodes, ContextWords);

    public static bool IsContentFilter(ProviderErrorBody body, string text) => Says(body, text, ContentFilterCodes, ContentFilterWords);

    public static bool IsAuthentication(ProviderErrorBody body, string text) => Says(body, text, AuthenticationCodes, AuthenticationWords);

    public static bool IsAboutModel(ProviderErrorBody body, string text) => Says(body, text, ModelCodes, ModelWords);

    public static bool IsOverloaded(ProviderErrorBody body, string text) => Says(body, text, OverloadedCodes, OverloadedWords);

    public static bool IsRateLimit(ProviderErrorBody body, string text) => Says(body, text, RateLimitCodes, RateLimitWords);

    public static bool IsServerError(ProviderErrorBody body) => Says(body, "", ServerCodes, []);

    public static bool IsTimeout(ProviderErrorBody body) => Says(body, "", TimeoutCodes, []);

    /// <summary>True if the request alone exceeds a limit per minute, so that waiting does not help.</summary>
    public static bool IsRequestAboveRateLimit(string text) =>
        text.Contains("request too large for", StringComparison.OrdinalIgnoreCase)
        || text.Contains("tokens must be reduced in order to run", StringComparison.OrdinalIgnoreCase);

    /// <summary>True if a refusal's text says that a quota is used up. A 429 may speak of quotas, too, and means a rate.</summary>
    public static bool IsUsedUpQuota(string text) => Array.Exists(UsedUpQuotaWords, word => text.Contains(word, StringComparison.OrdinalIgnoreCase));

    private static bool Says(ProviderErrorBody body, string text, string[] codes, string[] words) =>
        Array.Exists(codes, body.Says) || Array.Exists(words, word => text.Contains(word, StringComparison.OrdinalIgnoreCase));
}
