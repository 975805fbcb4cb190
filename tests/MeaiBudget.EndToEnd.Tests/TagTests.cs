using System.Text.Json;
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

    [Theory]
    [InlineData(SimulatedProvider.OpenAI, false, "metadata/tenant")]
    [InlineData(SimulatedProvider.OpenAI, true, "metadata/tenant")]
    [InlineData(SimulatedProvider.LiteLLM, false, "metadata/tenant")]
    [InlineData(SimulatedProvider.Anthropic, false, "metadata/user_id")]
    public async Task AProviderSeesTheTagsThatAreNamed(SimulatedProvider provider, bool useResponsesApi, string path)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using IChatClient client = provider switch
        {
            SimulatedProvider.OpenAI => OpenAIChatClientFactory.Create(
                ChaosTests.Configured(new OpenAIChatClientOptions { UseResponsesApi = useResponsesApi, ForwardTags = { "tenant" } }, simulator.OpenAIBaseUrl)),
            SimulatedProvider.LiteLLM => LiteLLMChatClientFactory.Create(
                ChaosTests.Configured(new LiteLLMChatClientOptions { ForwardTags = { "tenant" } }, simulator.LiteLLMBaseUrl)),
            _ => AnthropicChatClientFactory.Create(
                ChaosTests.Configured(new AnthropicChatClientOptions { ForwardTags = { "tenant" } }, simulator.AnthropicBaseUrl)),
        };
        foreach (bool streaming in (bool[])[false, true])
        {
            var options = new ChatOptions { MaxOutputTokens = 64, AdditionalProperties = new() { ["tenant"] = "acme", ["user"] = "bob-canary" } };
            _ = streaming
                ? await client.GetStreamingResponseAsync("hi", options).ToChatResponseAsync()
                : await client.GetResponseAsync("hi", options);
            SimulatedRequest seen = simulator.Requests[^1];
            JsonElement value = path.Split('/').Aggregate(JsonDocument.Parse(seen.BodyText).RootElement, (element, name) => element.GetProperty(name));
            Assert.Equal("acme", value.GetString());
            Assert.DoesNotContain("canary", seen.BodyText, StringComparison.Ordinal);
            Assert.Null(options.RawRepresentationFactory);
        }
    }

    [Fact]
    public void AProviderThatHasNoPlaceForTheTagsSaysSo()
    {
        ProviderConfigurationException none = Assert.Throws<ProviderConfigurationException>(() => OllamaChatClientFactory.Create(new() { ModelId = "llama3.2", ForwardTags = { "tenant" } }));
        Assert.Contains("ForwardTags", none.Message, StringComparison.Ordinal);
        ProviderConfigurationException one = Assert.Throws<ProviderConfigurationException>(
            () => AnthropicChatClientFactory.Create(new() { ApiKey = "k", ModelId = "claude-haiku-4-5", ForwardTags = { "tenant", "user" } }));
        Assert.Contains("supports 1", one.Message, StringComparison.Ordinal);
    }
}
