using MeaiBudget;

namespace Microsoft.Extensions.AI;

/// <summary>Makes a client of Anthropic's SDK, made by the app, known to the layers.</summary>
public static class AnthropicProviderExtensions
{
    /// <summary>Adds failure classification and exact usage to a client that the app made with Anthropic's SDK.</summary>
    /// <param name="client">The client, as <c>AsIChatClient()</c> gives it.</param>
    /// <returns>A client around it.</returns>
    /// <remarks>
    /// The SDK's own two retries stay as the app set them; turn them off with <c>new AnthropicClient { MaxRetries = 0 }</c>. Put a
    /// <see cref="WireObservationHandler"/> into the <c>Handlers</c> of its options: the SDK hides response headers, Retry-After among them.
    /// </remarks>
    public static IChatClient WithAnthropicProvider(this IChatClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return new AnthropicChatClient(client);
    }
}
