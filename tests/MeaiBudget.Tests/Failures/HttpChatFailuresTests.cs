using CsCheck;

namespace MeaiBudget.Tests;

public class HttpChatFailuresTests
{
    public static TheoryData<int, string, ChatFailureKind> Errors => new()
    {
        // Context overflow, as each provider words it.
        { 400, """{"error":{"message":"This model's maximum context length is 128000 tokens.","code":"context_length_exceeded"}}""", ChatFailureKind.ContextLengthExceeded },
        { 400, """{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 200016 tokens > 200000 maximum"}}""", ChatFailureKind.ContextLengthExceeded },
        { 400, """{"type":"error","error":{"type":"invalid_request_error","message":"input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000"}}""", ChatFailureKind.ContextLengthExceeded },
        { 413, """{"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}""", ChatFailureKind.ContextLengthExceeded },
        { 400, """[{"error":{"code":400,"message":"The input token count (1250060) exceeds the maximum number of tokens allowed (1048575).","status":"INVALID_ARGUMENT"}}]""", ChatFailureKind.ContextLengthExceeded },
        { 400, """{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error"}}""", ChatFailureKind.ContextLengthExceeded },
        { 400, """{"message":"Input is too long for requested model."}""", ChatFailureKind.ContextLengthExceeded },

        // Out of money, which does not come back by waiting.
        { 429, """{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","code":"insufficient_quota"}}""", ChatFailureKind.QuotaExhausted },
        { 400, """{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}""", ChatFailureKind.QuotaExhausted },
        { 400, """{"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits. You will regain access on 2026-02-01 at 00:00 UTC."}}""", ChatFailureKind.QuotaExhausted },
        { 402, """{"error":{"message":"Insufficient Balance"}}""", ChatFailureKind.QuotaExhausted },
        { 402, "", ChatFailureKind.QuotaExhausted },
        { 400, """{"error":{"message":"Billing hard limit has been reached","code":"billing_hard_limit_reached"}}""", ChatFailureKind.QuotaExhausted },
        { 429, """{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"You exceeded your current quota, please check your plan and billing details.","details":[{"violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel"}]},{"retryDelay":"20s"}]}}""", ChatFailureKind.QuotaExhausted },

        // The same words, but only for the minute.
        { 429, """{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"You exceeded your current quota, please check your plan and billing details.","details":[{"violations":[{"quotaId":"GenerateRequestsPerMinute"}]},{"retryDelay":"20s"}]}}""", ChatFailureKind.RateLimited },
        { 429, """{"code":"request_quota_exceeded","message":"Requests per second limit exceeded","type":"too_many_requests_error"}""", ChatFailureKind.RateLimited },
        { 429, "", ChatFailureKind.RateLimited },

        // Content filters.
        { 400, """{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation"}}}""", ChatFailureKind.ContentFiltered },
        { 400, """{"error":{"message":"Your request was rejected as a result of our safety system.","code":"content_policy_violation"}}""", ChatFailureKind.ContentFiltered },
        { 400, """{"type":"error","error":{"type":"invalid_request_error","message":"Output blocked by content filtering policy"}}""", ChatFailureKind.ContentFiltered },
        { 400, """{"error":{"message":"Invalid prompt: your prompt was flagged as potentially violating our usage policy.","code":"invalid_prompt"}}""", ChatFailureKind.ContentFiltered },
        { 403, """{"error":{"code":403,"message":"Your chosen model requires moderation and your input was flagged","metadata":{"reasons":["violence"],"flagged_input":"..."}}}""", ChatFailureKind.ContentFiltered },

        // Keys.
        { 401, "Unauthorized", ChatFailureKind.Authentication },
        { 403, """{"type":"error","error":{"type":"permission_error","message":"no"}}""", ChatFailureKind.Authentication },
        { 400, """{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}""", ChatFailureKind.Authentication },

        // By status alone.
        { 400, "", ChatFailureKind.InvalidRequest },
        { 404, """{"error":"model 'x' not found"}""", ChatFailureKind.InvalidRequest },
        { 422, "", ChatFailureKind.InvalidRequest },
        { 408, "", ChatFailureKind.Timeout },
        { 504, "<html>gateway timeout</html>", ChatFailureKind.Timeout },
        { 524, "", ChatFailureKind.Timeout },
        { 500, "", ChatFailureKind.ServerError },
        { 502, "", ChatFailureKind.ServerError },
        { 503, "", ChatFailureKind.Overloaded },
        { 529, """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", ChatFailureKind.Overloaded },
        { 500, """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", ChatFailureKind.Overloaded },
        { 429, """{"error":{"code":"1305","message":"The service may be temporarily overloaded, please try again later"}}""", ChatFailureKind.Overloaded },

        // Inside a success.
        { 200, """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", ChatFailureKind.Overloaded },
        { 200, """{"error":{"code":429,"message":"Provider returned error"}}""", ChatFailureKind.RateLimited },
        { 200, """{"error":{"type":"rate_limit_error","message":"slow down"}}""", ChatFailureKind.RateLimited },
        { 200, """{"error":{"type":"server_error","message":"The server had an error"}}""", ChatFailureKind.ServerError },
        { 200, """{"type":"response.failed","response":{"error":{"code":"rate_limit_exceeded","message":"Rate limit"}}}""", ChatFailureKind.RateLimited },
        { 200, """{"error":"an error was encountered while running the model"}""", ChatFailureKind.ServerError },
        { 200, "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"no\"}}\n\n", ChatFailureKind.InvalidRequest },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public void F6_EveryWordingHasItsKind(int status, string body, ChatFailureKind kind)
    {
        ChatFailure failure = HttpChatFailures.Classify(status, body);
        Assert.Equal(kind, failure.Kind);
        Assert.Equal(kind is ChatFailureKind.Timeout ? ChatFailurePhase.Ambiguous : ChatFailurePhase.Rejected, failure.Phase);
    }

    [Theory]
    [InlineData(ChatFailureKind.ContentFiltered)]
    [InlineData(ChatFailureKind.QuotaExhausted)]
    [InlineData(ChatFailureKind.ContextLengthExceeded)]
    [InlineData(ChatFailureKind.Authentication)]
    [InlineData(ChatFailureKind.InvalidRequest)]
    [InlineData(ChatFailureKind.Cancelled)]
    [InlineData(ChatFailureKind.Refused)]
    [InlineData(ChatFailureKind.CircuitOpen)]
    public void F7_WhatWaitingCannotMendIsNeverTransientWhateverTheProviderSays(ChatFailureKind kind)
    {
        Assert.False(new ChatFailure(kind, ChatFailurePhase.Rejected).IsTransient);
        Assert.False((new ChatFailure(kind, ChatFailurePhase.Rejected) with { ShouldRetry = true }).IsTransient);
    }

    [Fact]
    public void TheProvidersNoIsBelieved() =>
        Assert.False(HttpChatFailures.Classify(500, null, name => name == "x-should-retry" ? "false" : null).IsTransient);

    [Fact]
    public void ARequestLargerThanTheRateItselfIsNotWaitedFor()
    {
        ChatFailure failure = HttpChatFailures.Classify(
            429,
            """{"error":{"message":"Request too large for gpt-5-nano on tokens per min (TPM): Limit 200000, Requested 2500013.","type":"tokens","code":"rate_limit_exceeded"}}""",
            name => name is "retry-after" ? "60" : null);
        Assert.Equal((ChatFailureKind.RateLimited, false, true, (TimeSpan?)null), (failure.Kind, failure.IsTransient, failure.CanAnotherProviderHelp, failure.RetryAfter));
    }

    [Fact]
    public void ABodyThatStatesItsWaitIsBelieved()
    {
        Assert.Equal(TimeSpan.FromSeconds(20), HttpChatFailures.Classify(429, """{"error":{"status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"20s"}]}}""").RetryAfter);
        Assert.Equal(TimeSpan.FromSeconds(6.78), HttpChatFailures.Classify(429, """{"error":{"message":"Please try again in 6.78s."}}""").RetryAfter);
    }

    [Fact]
    public void AServerErrorIsNotJudgedByTheHalfAnswerThatItQuotes()
    {
        ChatFailure failure = HttpChatFailures.Classify(
            500, """{"error":{"message":"error parsing tool call: raw='{\"text\":\"A long essay on something else entirely, then the content policy and the maximum context length and the credit balance is too low\"}'"}}""");
        Assert.Equal(ChatFailureKind.ServerError, failure.Kind);
    }

    [Theory]
    [InlineData("""{"error":{"message":"Rate limit for you \ud83d","type":"rate_limit_error","code":"insufficient_quota"}}""", ChatFailureKind.QuotaExhausted)]
    [InlineData("""{"error":{"message":"the spend limit of \ud83d"}}""", ChatFailureKind.QuotaExhausted)]
    [InlineData("""{"error":{"metadata":{"raw":"\udc00"}}}""", ChatFailureKind.RateLimited)]
    public void F6_AMessageThatIsCutInTheMiddleOfACharacterIsReadAllTheSame(string body, ChatFailureKind kind) =>
        Assert.Equal(kind, HttpChatFailures.Classify(429, body).Kind);

    [Fact]
    public void NoTextOfTheRequestIsKept()
    {
        ChatFailure failure = HttpChatFailures.Classify(
            400, """{"error":{"message":"secret prompt","type":"a secret prompt with blanks","code":"sk-secret key","param":"secret"},"request_id":"req_1"}""");
        Assert.DoesNotContain("secret", failure.ToString(), StringComparison.Ordinal);
        Assert.Equal("req_1", failure.RequestId);
    }

    [Fact]
    public void AnyBodyAtAllGivesAFailure() => Gen.Select(
        Gen.Int[100, 999],
        Gen.OneOf(
            Gen.String[0, 60],
            OneOf("{", "[]", "[1]", "null", "{\"error\":null}", "{\"error\":[]}", "{\"error\":{\"code\":{}}}", "{\"error\":{\"details\":[1,null,{\"violations\":[1]}]}}", "data: {\"error\"", "{\"error\":{\"metadata\":1,\"innererror\":2}}")))
        .Sample((status, body) => HttpChatFailures.Classify(status, body, _ => body) is not null, iter: 5_000);

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(index => texts[index]);
}
