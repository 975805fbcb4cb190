using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Memory;

namespace MeaiBudget;

/// <summary>Counts with the counting endpoint of the candidate's provider, within a deadline. Returns the local estimate after any error.</summary>
internal sealed class ProviderTokenCount(TimeSpan timeout, TimeProvider timeProvider)
{
    // All instances share this cache; the endpoint is part of the key.
    private static readonly MemoryCache Answers = new(new MemoryCacheOptions { SizeLimit = 4096 });

    public async Task<TokenEstimate> CountAsync(
        TokenEstimate local, IReadOnlyList<ChatMessage> messages, ChatOptions? options, TokenEstimationTarget target, CancellationToken cancellationToken)
    {
        if (target.Client?.GetService(typeof(IChatTokenCounter)) is not IChatTokenCounter endpoint)
        {
            return local;
        }

        (object Endpoint, UInt128 Request)? key = RequestFingerprint.Of(messages, options, target.ModelId) is { } request ? (endpoint, request) : null;
        if (key is not null && Answers.TryGetValue(key, out object? known))
        {
            return Estimate(local, (long)known!);
        }

        using var deadline = new CancellationTokenSource(timeout, timeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            ChatOptions? asked = options;
            if (target.ModelId is { } model && options?.ModelId != model)
            {
                asked = options?.Clone() ?? new ChatOptions();
                asked.ModelId = model;
            }

            // An endpoint that ignores its token must not delay the call.
            long? tokens = await endpoint.CountTokensAsync(messages, asked, linked.Token).WaitAsync(linked.Token);
            if (tokens is not > 0)
            {
                return local;
            }

            if (key is not null)
            {
                Answers.Set(key, tokens.Value, new MemoryCacheEntryOptions { Size = 1 });
            }

            return Estimate(local, tokens.Value);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return local;
        }
    }

    private static TokenEstimate Estimate(TokenEstimate local, long tokens) => new(tokens, tokens + (tokens / 50) + 8, TokenEstimateSource.Provider)
    {
        MaxOutputTokens = local.MaxOutputTokens,

        // The endpoint knows the content on the server, but not the future results of server-side tools.
        Flags = local.Flags & ~(TokenEstimateFlags.UnknownContent | TokenEstimateFlags.UnknownMediaSize | TokenEstimateFlags.HostedFiles | TokenEstimateFlags.ServerSideHistory),
        Breakdown = local.Breakdown,
        Observation = local.Observation,
    };
}
