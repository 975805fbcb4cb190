namespace MeaiBudget.Tests;

public class OllamaRecordedErrorsTests
{
    [Fact]
    public Task F6_EveryRecordedErrorIsWhatItsLabelSays() => RecordedErrors.CheckAsync(
        error => error.Api is "ollama.chat",
        handler => OllamaChatClientFactory.Create(new() { ModelId = "llama3.2", HttpMessageHandler = handler }));
}
