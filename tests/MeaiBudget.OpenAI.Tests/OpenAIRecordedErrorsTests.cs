using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

public class OpenAIRecordedErrorsTests
{
    [Fact]
    public Task F6_EveryRecordedErrorIsWhatItsLabelSaysChatCompletions() => RecordedErrors.CheckAsync(
        error => !error.Api.Contains("anthropic", StringComparison.Ordinal) && error.Api is not ("ollama.chat" or "provider.other" or "openai.responses"),
        handler => Client(handler, useResponsesApi: false));

    [Fact]
    public Task F6_EveryRecordedErrorIsWhatItsLabelSaysResponses() =>
        RecordedErrors.CheckAsync(error => error.Api is "openai.responses", handler => Client(handler, useResponsesApi: true));

    private static IChatClient Client(HttpMessageHandler handler, bool useResponsesApi) => OpenAIChatClientFactory.Create(
        new() { ApiKey = "key", ModelId = "gpt-4.1", HttpMessageHandler = handler, UseResponsesApi = useResponsesApi });
}
