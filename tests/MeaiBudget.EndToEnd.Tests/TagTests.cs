using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

public sealed class TagTests
{
    [Theory]
    [InlineData(SimulatedProvider.OpenAI)]
    [InlineData(SimulatedProvider.Anthropic)]
    [InlineData(SimulatedProvider.LiteLLM)]
    [InlineData(SimulatedProvider.Ollama)]
    public async Task TagsStayLocal(SimulatedProvider provider)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using IChatClient client = ChaosTests.Client(simulator, provider);
        foreach (bool streaming in (bool[])[false, true])
        {
            var options = new ChatOptions { AdditionalProperties = new() { ["tenant"] = "acme-canary", ["user"] = "bob-canary", ["customer"] = 424242 } };
            ChatMessage[] messages = [new(ChatRole.User, "hi")];
            _ = streaming
                ? await client.GetStreamingResponseAsync(messages, options).ToChatResponseAsync()
                : await client.GetResponseAsync(messages, options);
            SimulatedRequest seen = simulator.Requests[^1];
            Assert.DoesNotContain("canary", seen.BodyText, StringComparison.Ordinal);
            Assert.DoesNotContain("424242", seen.BodyText, StringComparison.Ordinal);
        }
    }
}
