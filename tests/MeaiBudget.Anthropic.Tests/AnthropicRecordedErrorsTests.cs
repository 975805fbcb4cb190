namespace MeaiBudget.Tests;

public class AnthropicRecordedErrorsTests
{
    [Fact]
    public Task F6_EveryRecordedErrorIsWhatItsLabelSays() => RecordedErrors.CheckAsync(
        error => error.Api.Contains("anthropic", StringComparison.Ordinal) || error.Api is "provider.other",
        handler => AnthropicChatClientFactory.Create(new() { ApiKey = "key", ModelId = "claude-haiku-4-5", HttpMessageHandler = handler }));
}
