using System.Diagnostics.CodeAnalysis;

namespace MeaiBudget;

/// <summary>Open reservations by the end of their lease: a binary heap whose items know their index, so that any can be removed.</summary>
internal sealed class LeaseQueue
{
    private const int LeastCapacity = 16;

    /// <summary>A heap of at least this capacity shrinks again.</summary>
    private const int ShrinkAbove = 1024;

    private InMemoryReservation[] _heap = new InMemoryReservation[LeastCapacity];

    public int Count { get; private set; }

    public void Add(InMemoryReservation reservation, long end)
    {
        if (Count == _heap.Length)
        {
            Array.Resize(ref _heap, Count * 2);
        }

        reservation.LeaseEnd = end;
        MoveUp(reservation, Count++);
    }

    public void Update(InMemoryReservation reservation, long end)
    {
        reservation.LeaseEnd = end;
        Place(reservation, reservation.LeaseIndex);
    }

    public void Remove(InMemoryReservation reservation)
    {
        int index = reservation.LeaseIndex;
        reservation.LeaseIndex = -1;
        InMemoryReservation last = _heap[--Count];
        _heap[Count] = null!;
        if (index < Count)
        {
            Place(last, index);
        }

        if (Count < _heap.Length / 8 && _heap.Length > ShrinkAbove)
        {
            Array.Resize(ref _heap, _heap.Length / 2);
        }
    }

    /// <summary>Removes the reservation whose lease ended first, if one has ended.</summary>
    public bool TryTakeDue(long now, [NotNullWhen(true)] out InMemoryReservation? reservation)
    {
        reservation = null;
        if (Count == 0 || _heap[0].LeaseEnd > now)
        {
            return false;
        }

        reservation = _heap[0];
        Remove(reservation);
        return true;
    }

    private void Place(InMemoryReservation reservation, int index)
    {
        if (index > 0 && reservation.LeaseEnd < _heap[(index - 1) / 2].LeaseEnd)
        {
            MoveUp(reservation, index);
        }
        else
        {
            MoveDown(reservation, index);
        }
    }

    private void MoveUp(InMemoryReservation reservation, int index)
    {
        while (index > 0 && reservation.LeaseEnd < _heap[(index - 1) / 2].LeaseEnd)
        {
            Set(_heap[(index - 1) / 2], index);
            index = (index - 1) / 2;
        }

        Set(reservation, index);
    }

    private void MoveDown(InMemoryReservation reservation, int index)
    {
        while (true)
        {
            int child = (2 * index) + 1;
            if (child >= Count)
            {
                break;
            }

            if (child + 1 < Count && _heap[child + 1].LeaseEnd < _heap[child].LeaseEnd)
            {
                child++;
            }

            if (_heap[child].LeaseEnd >= reservation.LeaseEnd)
            {
                break;
            }

            Set(_heap[child], index);
            index = child;
        }

        Set(reservation, index);
    }

    private void Set(InMemoryReservation reservation, int index)
    {
        _heap[index] = reservation;
        reservation.LeaseIndex = index;
    }
}
