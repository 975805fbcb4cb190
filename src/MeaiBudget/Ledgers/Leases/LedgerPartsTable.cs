namespace MeaiBudget;

/// <summary>The parts of reservations that the far ledger has lines of. Not thread-safe: the <see cref="SliceBook"/> locks.</summary>
/// <remarks>
/// Reservations that are only in slices are not here. Entries are removed after an hour, as ledgers forget settled reservations, and
/// beyond 100,000, the oldest first.
/// </remarks>
internal sealed class LedgerPartsTable
{
    private const int Most = 100_000;
    private static readonly TimeSpan Kept = TimeSpan.FromHours(1);

    private readonly Dictionary<LedgerReservationId, (LedgerParts Parts, long At)> _parts = [];
    private readonly Queue<(LedgerReservationId Id, long At)> _inOrder = new();

    public LedgerParts? Find(in LedgerReservationId id) => _parts.Count > 0 && _parts.TryGetValue(id, out (LedgerParts Parts, long At) found) ? found.Parts : null;

    public void Set(LedgerReservationId id, LedgerParts parts, long now)
    {
        _parts[id] = (parts, now);
        _inOrder.Enqueue((id, now));
        while (_inOrder.TryPeek(out (LedgerReservationId Id, long At) oldest) && (_inOrder.Count > Most || oldest.At < now - Kept.Ticks))
        {
            _inOrder.Dequeue();
            if (_parts.TryGetValue(oldest.Id, out (LedgerParts Parts, long At) kept) && kept.At == oldest.At)
            {
                _parts.Remove(oldest.Id);
            }
        }
    }

    public void Remove(in LedgerReservationId id) => _parts.Remove(id);
}
