using Anthropic;
using MeaiBudget;

namespace Microsoft.Extensions.AI;

/// <summary>Wraps clients that the application created with Anthropic's SDK.</summary>
public static class AnthropicProviderExtensions
{
    /// <summary>Adds failure classification and exact usage to a client that the application created with Anthropic's SDK.</summary>
    /// <param name="client">The client that <c>AsIChatClient()</c> returned.</param>
    /// <returns>A client that wraps it.</returns>
    /// <remarks>
    /// Disable the two retries of the SDK's client: <c>new AnthropicClient { MaxRetries = 0 }</c>. Call <see cref="AddChatWire"/> on it, so that
    /// budgets see the requests that it sends and the usage that it is billed for.
    /// </remarks>
    public static IChatClient WithAnthropicProvider(this IChatClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return new AnthropicChatClient(client);
    }

    /// <summary>Adds a <see cref="ChatWireHandler"/> below all handlers of a client: <c>client.AddChatWire().AsIChatClient(modelId).WithAnthropicProvider()</c>.</summary>
    /// <param name="client">A client of Anthropic's SDK, also one for Bedrock, Vertex or Foundry.</param>
    /// <param name="configure">Sets options of the handler, for example <see cref="ChatWireHandler.RequireBudget"/>; <see langword="null"/> for the defaults.</param>
    /// <returns>A client with the same options and the same <c>HttpClient</c>, or an <c>HttpClient</c> with the same handlers.</returns>
    /// <exception cref="InvalidOperationException">The handlers of the client's <c>HttpClient</c> cannot be found.</exception>
    public static IAnthropicClient AddChatWire(this IAnthropicClient client, Action<ChatWireHandler>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.WithOptions(options => options with { HttpClient = ChatWireHandler.AddTo(options.HttpClient, configure) });
    }
}
