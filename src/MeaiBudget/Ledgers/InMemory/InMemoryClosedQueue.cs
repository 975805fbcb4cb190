using System.Diagnostics.CodeAnalysis;

namespace MeaiBudget;

/// <summary>Closed reservations in the order in which they were closed. A reservation that was queued again keeps its last place only.</summary>
internal sealed class InMemoryClosedQueue
{
    private readonly Queue<(InMemoryReservation Reservation, int Number, long ClosedAt)> _queue = new();

    /// <summary>Gets the UTC ticks at which the last reservation taken from the queue was closed.</summary>
    public long ForgottenUntil { get; private set; } = long.MinValue;

    public void Add(InMemoryReservation reservation, long now) => _queue.Enqueue((reservation, ++reservation.Queued, now));

    /// <summary>Takes the oldest reservation if the queue has more than <paramref name="most"/> entries.</summary>
    public bool TryTakeBeyond(int most, [NotNullWhen(true)] out InMemoryReservation? reservation)
    {
        while (_queue.Count > most)
        {
            if (TryTake(out reservation))
            {
                return true;
            }
        }

        reservation = null;
        return false;
    }

    /// <summary>Takes the oldest reservation if none of its periods counts any longer.</summary>
    public bool TryTakeOutdated(long now, [NotNullWhen(true)] out InMemoryReservation? reservation)
    {
        while (_queue.TryPeek(out (InMemoryReservation Reservation, int Number, long ClosedAt) oldest)
            && (oldest.Reservation.Queued != oldest.Number || oldest.Reservation.IsOutdated(now)))
        {
            if (TryTake(out reservation))
            {
                return true;
            }
        }

        reservation = null;
        return false;
    }

    private bool TryTake([NotNullWhen(true)] out InMemoryReservation? reservation)
    {
        (reservation, int number, long closedAt) = _queue.Dequeue();
        if (reservation.Queued != number)
        {
            return false;
        }

        ForgottenUntil = Math.Max(ForgottenUntil, closedAt);
        return true;
    }
}
