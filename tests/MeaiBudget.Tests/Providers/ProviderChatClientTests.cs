using Microsoft.Extensions.AI;
using NSubstitute;

namespace MeaiBudget.Tests;

public class ProviderChatClientTests
{
    [Theory]
    [InlineData("gpt-4.1", true)]
    [InlineData("gpt-4o-2024-08-06", true)]
    [InlineData("gpt-5-chat-latest", true)]
    [InlineData("gpt-5", false)]
    [InlineData("gpt-5-mini", false)]
    [InlineData("gpt-5.1-chat-latest", false)]
    [InlineData("openai/gpt-5.4-nano", false)]
    [InlineData("o1", false)]
    [InlineData("o3-mini", false)]
    [InlineData("azure/o4-mini", false)]
    [InlineData("gpt-oss:20b", true)]
    [InlineData("claude-opus-4-6", true)]
    [InlineData("claude-opus-4-20250514", true)]
    [InlineData("claude-3-7-sonnet-20250219", true)]
    [InlineData("claude-haiku-4-5-20251001", true)]
    [InlineData("claude-opus-4-7", false)]
    [InlineData("us.anthropic.claude-opus-4-7", false)]
    [InlineData("anthropic/claude-opus-4.8", false)]
    [InlineData("claude-sonnet-5", false)]
    [InlineData("claude-fable-5", false)]
    [InlineData("llama3.2", true)]
    [InlineData("gemini-3-pro-preview", true)]
    public void ModelsThatRejectATemperatureAreKnown(string modelId, bool accepts) => Assert.Equal(accepts, ModelTemperature.IsAccepted(modelId));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AroundAnAppsOwnClientItPassesTheVeryOptionsOn(bool streaming)
    {
        IChatClient inner = Substitute.For<IChatClient>();
        inner.GetResponseAsync(default!, default, default).ReturnsForAnyArgs(new ChatResponse(new ChatMessage(ChatRole.Assistant, "hi")));
        inner.GetStreamingResponseAsync(default!, default, default).ReturnsForAnyArgs(AsyncEnumerable.Empty<ChatResponseUpdate>());
        IChatFailureClassifier classifier = Substitute.For<IChatFailureClassifier>();
        using var client = new ProviderChatClient(inner, classifier);
        var options = new ChatOptions { ModelId = "m" };
        ChatMessage[] messages = [new(ChatRole.User, "hello")];
        if (streaming)
        {
            await foreach (ChatResponseUpdate _ in client.GetStreamingResponseAsync(messages, options))
            {
            }

            inner.Received(1).GetStreamingResponseAsync(messages, options, default);
        }
        else
        {
            await client.GetResponseAsync(messages, options);
            await inner.Received(1).GetResponseAsync(messages, options, default);
        }

        Assert.Same(classifier, client.GetService<IChatFailureClassifier>());
        Assert.Null(client.GetService<IUsageNormalizer>());
        Assert.Same(client, client.GetService<ProviderChatClient>());
    }
}
