using System.ClientModel;
using System.ClientModel.Primitives;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using OpenAI;

namespace MeaiBudget.Tests;

/// <summary>The examples of docs/testing.md, so that they go on compiling and passing.</summary>
public sealed class DocumentationExampleTests
{
    [Fact]
    public async Task ARateLimitAndThenAnAnswer()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();

        IChatClient client = new OpenAIClient(
                new ApiKeyCredential("any key"),
                new OpenAIClientOptions { Endpoint = simulator.OpenAIBaseUrl, RetryPolicy = new ClientRetryPolicy(maxRetries: 0) })
            .GetChatClient("gpt-4o-mini")
            .AsIChatClient();

        simulator.OpenAI.Enqueue(
            SimulatedResponse.RateLimited(retryAfter: "2"),
            SimulatedResponse.Text("Rome.").WithUsage(inputTokens: 120, outputTokens: 2));

        await Assert.ThrowsAsync<ClientResultException>(() => client.GetResponseAsync("What is the capital of Italy?"));
        ChatResponse response = await client.GetResponseAsync("What is the capital of Italy?");

        Assert.Equal("Rome.", response.Text);
        Assert.Equal(2, simulator.OpenAI.ChatRequests.Count);
        Assert.Equal(120, simulator.TotalBilled().InputTokens);
    }

    [Fact]
    public async Task TheScriptedClient()
    {
        using var client = new ScriptedChatClient("gpt-4o-mini", "openai");
        client.Enqueue("First answer")
            .Enqueue(new HttpRequestException("gone"))
            .Enqueue(ScriptedReply.Text("a b c").WithUsage(10, 3).ThrowAfterUpdates(2, new IOException()));
        client.Default = ScriptedReply.Text("From now on.");

        Assert.Equal("First answer", (await client.GetResponseAsync("Hi")).Text);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetResponseAsync("Hi"));
        await Assert.ThrowsAsync<IOException>(() => client.GetStreamingResponseAsync("Hi").ToChatResponseAsync());
        Assert.Equal("From now on.", (await client.GetResponseAsync("Hi")).Text);
    }
}
