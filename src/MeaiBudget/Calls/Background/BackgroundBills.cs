using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Internal;

namespace MeaiBudget;

/// <summary>Finds the bill of a response that is made in the background: in this process, else through the ledgers of the path's gates.</summary>
/// <remarks>Thread-safe. The process keeps the newest bills; the ledgers find the others.</remarks>
internal sealed class BackgroundBills(TimeProvider clock)
{
    private const int Capacity = 10_000;
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    // By clock, as the conversations that the process remembers.
    private static readonly ConditionalWeakTable<TimeProvider, MemoryCache> Caches = [];

    private readonly MemoryCache _bills = Caches.GetValue(
        clock, static time => new MemoryCache(new MemoryCacheOptions { SizeLimit = Capacity, Clock = new CacheClock(time) }));

    /// <summary>Keeps a bill, and writes it into the ledgers, so that another process finds it.</summary>
    public async ValueTask AddAsync(ChatClientMetadata? provider, string responseId, BackgroundBill bill)
    {
        string key = ConversationMemory.KeyOf(provider, responseId);
        if (_bills.Count >= Capacity - (Capacity / 8))
        {
            _bills.Compact(0.25);
        }

        _bills.Set(key, bill, new MemoryCacheEntryOptions { Size = 1, SlidingExpiration = Lifetime });
        foreach ((ISpendGate gate, SpendReservation reservation) in bill.Cover.Reserved)
        {
            await gate.LinkAsync(Guid.ParseExact(key, "N"), [reservation, .. bill.Cover.Added.Where(added => ReferenceEquals(added.Gate, gate)).Select(added => added.Reservation)]);
        }
    }

    /// <summary>Finds the bill of a response; null if there is none, or nothing is left to settle.</summary>
    public async ValueTask<BackgroundBill?> FindAsync(CandidateRun run, string responseId, CancellationToken cancellationToken)
    {
        string key = ConversationMemory.KeyOf(run.Route.Metadata, responseId);
        BackgroundBill? known = _bills.Get<BackgroundBill>(key);
        if (known is { IsConfirmed: true })
        {
            return null;
        }

        var reserved = new List<(ISpendGate Gate, SpendReservation Reservation)>();
        var added = new List<(ISpendGate Gate, SpendReservation Reservation)>();
        SendCover? own = known?.Cover;
        foreach (ISpendGate gate in run.Frame.Path.Gates)
        {
            if (own is not null && own.Reserved.Any(reservation => ReferenceEquals(reservation.Gate, gate)))
            {
                continue;
            }

            // The gates of another process, or another tracker of this one: the ledger knows the reservation by the response.
            IReadOnlyList<SpendReservation> found = await gate.FindLinkedAsync(Guid.ParseExact(key, "N"), Asked(run), cancellationToken);
            if (found.Count > 0)
            {
                reserved.Add((gate, found[0]));
                added.AddRange(found.Skip(1).Select(reservation => (gate, reservation)));
            }
        }

        if (reserved.Count == 0)
        {
            return known;
        }

        var cover = new SendCover(own?.Request ?? reserved[0].Reservation.Request, [.. reserved, .. own?.Reserved ?? []]);
        cover.Extend(cover.Request, [.. added, .. own?.Added ?? []]);
        var bill = new BackgroundBill(cover);
        _bills.Set(key, bill, new MemoryCacheEntryOptions { Size = 1, SlidingExpiration = Lifetime });
        return bill;
    }

    /// <summary>The request as far as the one that fetches knows it; the ledger's record tells the rest.</summary>
    private static SpendRequest Asked(CandidateRun run) => new()
    {
        CallId = run.Record.CallId,
        Attempt = 1,
        ModelId = run.ModelId ?? "",
        RequestedModelId = run.Record.RequestedModelId,
        Provider = run.Route.Metadata?.ProviderName,
        ProviderUri = run.Route.Metadata?.ProviderUri,
        Route = run.Route.Name,
        ModelClass = run.Route.ModelClass,
        IsFree = run.Route.IsLocal,
        Estimate = new TokenEstimate(0, 0, TokenEstimateSource.Heuristic),
        OutputTokens = 0,
        Lease = run.Admission.Lease,
    };

    private sealed class CacheClock(TimeProvider time) : ISystemClock
    {
        public DateTimeOffset UtcNow => time.GetUtcNow();
    }
}
