namespace MeaiBudget;

/// <summary>The parts of reservations that the far ledger has lines of. Not thread-safe: the <see cref="SliceBook"/> locks.</summary>
/// <remarks>
/// Reservations that are only in slices are not here. Entries are removed after an hour, as ledgers forget settled reservations, and
/// beyond 100,000, the oldest first.
/// </remarks>
/// <param name="isKept">True for a reservation that is still known in slices, so that its entry stays.</param>
/// <param name="kept">How long other entries stay.</param>
internal sealed class LedgerPartsTable(Func<LedgerReservationId, bool> isKept, TimeSpan kept)
{
    private const int Most = 100_000;
    private const int PurgedAtOnce = 4;

    private readonly Dictionary<LedgerReservationId, (LedgerParts Parts, long At)> _parts = [];
    private readonly Queue<(LedgerReservationId Id, long At)> _inOrder = new();

    public LedgerParts? Find(in LedgerReservationId id) => _parts.Count > 0 && _parts.TryGetValue(id, out (LedgerParts Parts, long At) found) ? found.Parts : null;

    public void Set(LedgerReservationId id, LedgerParts parts, long now)
    {
        _parts[id] = (parts, now);
        _inOrder.Enqueue((id, now));
        for (int i = 0; i < PurgedAtOnce && _inOrder.TryPeek(out (LedgerReservationId Id, long At) oldest) && (_inOrder.Count > Most || oldest.At < now - kept.Ticks); i++)
        {
            _inOrder.Dequeue();
            if (!_parts.TryGetValue(oldest.Id, out (LedgerParts Parts, long At) known) || known.At != oldest.At)
            {
                continue;
            }

            if (isKept(oldest.Id))
            {
                _parts[oldest.Id] = (known.Parts, now);
                _inOrder.Enqueue((oldest.Id, now));
            }
            else
            {
                _parts.Remove(oldest.Id);
            }
        }
    }

    public void Remove(in LedgerReservationId id) => _parts.Remove(id);
}
