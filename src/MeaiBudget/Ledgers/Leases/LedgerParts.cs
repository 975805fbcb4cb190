namespace MeaiBudget;

/// <summary>Which lines of a reservation are held in slices, and which in the far ledger.</summary>
/// <param name="Local">The places of the lines that are held in slices.</param>
/// <param name="Far">The places of the lines that the far ledger holds.</param>
internal sealed record LedgerParts(int[] Local, int[] Far)
{
    public int Count => Local.Length + Far.Length;

    public static LedgerParts Of(ReadOnlySpan<Slice?> slices)
    {
        var local = new List<int>(slices.Length);
        var far = new List<int>(slices.Length);
        for (int i = 0; i < slices.Length; i++)
        {
            (slices[i] is null ? far : local).Add(i);
        }

        return new LedgerParts([.. local], [.. far]);
    }

    public static T[] Pick<T>(IReadOnlyList<T> all, int[] places)
    {
        var picked = new T[places.Length];
        for (int i = 0; i < picked.Length; i++)
        {
            picked[i] = all[places[i]];
        }

        return picked;
    }

    /// <summary>Puts the results of both parts in the order of the lines; empty if the far ledger gave none.</summary>
    public IReadOnlyList<T> Merge<T>(IReadOnlyList<T> local, IReadOnlyList<T> far)
    {
        if (local.Count != Local.Length || far.Count != Far.Length)
        {
            return [];
        }

        var all = new T[Count];
        for (int i = 0; i < local.Count; i++)
        {
            all[Local[i]] = local[i];
        }

        for (int i = 0; i < far.Count; i++)
        {
            all[Far[i]] = far[i];
        }

        return all;
    }
}
