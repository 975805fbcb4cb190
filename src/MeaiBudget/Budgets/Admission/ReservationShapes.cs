namespace MeaiBudget;

/// <summary>What the ledger lines of recent attempts mean, by the keys of their budgets, so that not every attempt states it anew.</summary>
/// <remarks>Thread-safe. Memory is bounded: 256 shapes. A run or a tracker whose attempts all have the same keys keeps one.</remarks>
internal sealed class ReservationShapes
{
    private const int Size = 256;

    private ReservationShape? _last;
    private ReservationShape?[]? _others;

    /// <summary>Finds a shape that was kept with a hash. Another one may have been kept with the same hash.</summary>
    public ReservationShape? Find(int hash) =>
        Volatile.Read(ref _last) is { } last && last.Hash == hash ? last
        : Volatile.Read(ref _others) is { } others ? Volatile.Read(ref others[hash & (Size - 1)])
        : null;

    /// <summary>Keeps a shape, in place of another one.</summary>
    public void Keep(ReservationShape shape)
    {
        ReservationShape? last = Volatile.Read(ref _last);
        if (last is not null && last.Hash != shape.Hash)
        {
            ReservationShape?[] others = Volatile.Read(ref _others)
                ?? Interlocked.CompareExchange(ref _others, new ReservationShape?[Size], null) ?? _others!;
            Volatile.Write(ref others[last.Hash & (Size - 1)], last);
            Volatile.Write(ref others[shape.Hash & (Size - 1)], shape);
        }

        Volatile.Write(ref _last, shape);
    }
}
