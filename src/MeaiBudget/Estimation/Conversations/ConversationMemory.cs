using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Internal;

namespace MeaiBudget;

/// <summary>Remembers how long the conversations are that providers store: by response id, in the process and in the application's distributed cache.</summary>
/// <remarks>
/// <para>
/// A response does not change after it is complete, so a request that continues it begins with what the response reported. Ids of
/// conversations, to which others may write, are not remembered.
/// </para>
/// <para>Thread-safe. Holds hashes of ids and numbers of tokens, no content.</para>
/// </remarks>
internal sealed class ConversationMemory(TimeProvider clock, IDistributedCache? shared, Action<Exception>? failed = null)
{
    /// <summary>The most conversations that the process remembers; the least recently used quarter is removed when it is reached.</summary>
    internal const int Capacity = 10_000;

    /// <summary>How long the distributed cache may delay a call. Longer, or after an error, the conversation counts as unknown.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    /// <summary>After so many failures in a row the distributed cache is not asked for a while, so that one that hangs neither delays each call nor holds a thread for it.</summary>
    private const int FailuresToPause = 3;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    // By clock, so that the pipelines of a process share what they saw, and tests with their own clocks do not.
    private static readonly ConditionalWeakTable<TimeProvider, MemoryCache> Caches = [];

    private readonly MemoryCache _local = Caches.GetValue(
        clock, static time => new MemoryCache(new MemoryCacheOptions { SizeLimit = Capacity, Clock = new CacheClock(time) }));

    private int _compacting;
    private int _failures;
    private long _pausedAt;

    /// <summary>Returns whether an id may be that of a response, which does not change: OpenAI's conversations and threads do.</summary>
    public static bool MayBeResponse(string? id) =>
        !string.IsNullOrEmpty(id)
        && !id.StartsWith("conv_", StringComparison.OrdinalIgnoreCase) && !id.StartsWith("thread_", StringComparison.OrdinalIgnoreCase);

    /// <summary>Returns the key of a response at a provider: a hash, so that the id cannot be read from it.</summary>
    public static string KeyOf(ChatClientMetadata? provider, string responseId)
    {
        string scope = provider?.ProviderUri?.Authority ?? provider?.ProviderName ?? "";
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{scope}\n{responseId}")).AsSpan(0, 16));
    }

    /// <summary>Finds the conversation that ends with a response; null if nobody remembers it.</summary>
    public ValueTask<RememberedConversation?> FindAsync(ChatClientMetadata? provider, string? responseId, CancellationToken cancellationToken)
    {
        if (!MayBeResponse(responseId))
        {
            return default;
        }

        string key = KeyOf(provider, responseId!);
        return _local.TryGetValue(key, out RememberedConversation? known) ? new(known) : shared is null || IsPaused ? default : FindSharedAsync(key, cancellationToken);
    }

    /// <summary>Remembers the conversation that ends with a response.</summary>
    public ValueTask RememberAsync(ChatClientMetadata? provider, string? responseId, RememberedConversation conversation)
    {
        if (!MayBeResponse(responseId))
        {
            return default;
        }

        string key = KeyOf(provider, responseId!);
        Keep(key, conversation);
        return shared is null || IsPaused ? default : ShareAsync(key, conversation);
    }

    private bool IsPaused => Volatile.Read(ref _failures) >= FailuresToPause && clock.GetElapsedTime(Volatile.Read(ref _pausedAt)) < Pause;

    private void Failed(Exception exception)
    {
        // The number stays after the pause, so that a next failure begins another one.
        Volatile.Write(ref _pausedAt, clock.GetTimestamp());
        Interlocked.Increment(ref _failures);
        failed?.Invoke(exception);
    }

    private static string SharedKey(string key) => "meaibudget:conversation:" + key;

    private async ValueTask<RememberedConversation?> FindSharedAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            // On another thread, since a cache may block before it returns its task.
            byte[]? found = await Task.Run(() => shared!.GetAsync(SharedKey(key), cancellationToken), cancellationToken)
                .WaitAsync(Patience, clock, cancellationToken);
            Volatile.Write(ref _failures, 0);
            if (found is null || JsonSerializer.Deserialize(found, ConversationJson.Default.RememberedConversation) is not { Tokens: >= 0 } conversation)
            {
                return null;
            }

            Keep(key, conversation);
            return conversation;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Failed(exception);
            return null;
        }
    }

    private async ValueTask ShareAsync(string key, RememberedConversation conversation)
    {
        try
        {
            byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(conversation, ConversationJson.Default.RememberedConversation);
            await Task.Run(() => shared!.SetAsync(SharedKey(key), bytes, new DistributedCacheEntryOptions { SlidingExpiration = Lifetime })).WaitAsync(Patience, clock);
            Volatile.Write(ref _failures, 0);
        }
#pragma warning disable CA1031 // Whatever the application's cache throws, the answer has come and is returned.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Failed(exception);
        }
    }

    private void Keep(string key, RememberedConversation conversation)
    {
        // A cache that is full rejects new entries, and the newest are those that are continued.
        if (_local.Count >= Capacity - (Capacity / 8) && Interlocked.Exchange(ref _compacting, 1) == 0)
        {
            _local.Compact(0.25);
            Volatile.Write(ref _compacting, 0);
        }

        _local.Set(key, conversation, new MemoryCacheEntryOptions { Size = 1, SlidingExpiration = Lifetime });
    }

    private sealed class CacheClock(TimeProvider time) : ISystemClock
    {
        public DateTimeOffset UtcNow => time.GetUtcNow();
    }
}
