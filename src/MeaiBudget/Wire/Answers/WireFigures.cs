namespace MeaiBudget;

/// <summary>The counts of one usage report, or of several taken together. Zero and "not told" are two things.</summary>
/// <remarks>Copies share their counts until one of them takes over or adds another report. Only a report that is being read is <see cref="Set"/>.</remarks>
internal struct WireFigures : IEquatable<WireFigures>
{
    /// <summary>How many counts fit at first: up to <see cref="WireCount.Reasoning"/>. Few reports have others.</summary>
    private const int UsualCounts = (int)WireCount.Reasoning + 1;

    // Null until a count is told: an answer has a place for a second report that few providers send.
    private long[]? _values;
    private uint _told;

    /// <summary>Gets a value indicating whether any count was told.</summary>
    public readonly bool IsTold => _told != 0;

    /// <summary>Gets a value indicating whether every count that was told is zero.</summary>
    public readonly bool IsZero => _values is null || !_values.AsSpan().ContainsAnyExcept(0L);

    /// <summary>Gets a count; 0 if it was not told.</summary>
    /// <param name="count">Which one.</param>
    public readonly long this[WireCount count] => _values is { } values && (int)count < values.Length ? values[(int)count] : 0;

    /// <summary>Gets a value indicating whether a count was told.</summary>
    /// <param name="count">Which one.</param>
    public readonly bool Has(WireCount count) => (_told & (1u << (int)count)) != 0;

    /// <summary>Sets a count; of two spellings of one count in one report the larger holds.</summary>
    /// <param name="count">Which one.</param>
    /// <param name="value">Its value, not negative.</param>
    public void Set(WireCount count, long value)
    {
        long[] values = _values ??= new long[(int)count < UsualCounts ? UsualCounts : (int)WireCount.Count];
        if ((int)count >= values.Length)
        {
            values = _values = Copy();
        }

        values[(int)count] = Math.Max(values[(int)count], value);
        _told |= 1u << (int)count;
    }

    /// <summary>Takes over a later report: each count that it tells, but a zero that would erase a number.</summary>
    /// <param name="later">The later report.</param>
    public void Replace(in WireFigures later)
    {
        long[] values = Copy();
        for (int index = 0; index < values.Length; index++)
        {
            if (later[(WireCount)index] is not 0 and var told)
            {
                values[index] = told;
            }
        }

        (_values, _told) = (values, _told | later._told);
    }

    /// <summary>Adds a report that tells only what came since the last one.</summary>
    /// <param name="next">The report.</param>
    public void Add(in WireFigures next)
    {
        long[] values = Copy();
        for (int index = 0; index < values.Length; index++)
        {
            values[index] = SaturatingMath.Add(values[index], next[(WireCount)index]);
        }

        (_values, _told) = (values, _told | next._told);
    }

    /// <inheritdoc/>
    public readonly bool Equals(WireFigures other)
    {
        if (_told != other._told)
        {
            return false;
        }

        for (WireCount count = 0; count < WireCount.Count; count++)
        {
            if (this[count] != other[count])
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is WireFigures other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => HashCode.Combine(_told, this[WireCount.Input], this[WireCount.Output]);

    private readonly long[] Copy()
    {
        long[] copy = new long[(int)WireCount.Count];
        _values?.CopyTo(copy, 0);
        return copy;
    }
}

/// <summary>The counts of a usage report, whatever they are called on the wire.</summary>
internal enum WireCount
{
    /// <summary>All input, or the uncached part of it, as the protocol has it.</summary>
    Input,

    /// <summary>All output, or the part of it that is no thinking, as the protocol has it.</summary>
    Output,
    Total,
    CacheRead,
    CacheWrite,
    CacheWriteFiveMinutes,
    CacheWriteOneHour,
    CacheWriteDay,
    Reasoning,
    InputAudio,
    OutputAudio,
    InputImage,
    OutputImage,

    /// <summary>Input that results of server tools added, beside <see cref="Input"/>.</summary>
    ToolInput,

    /// <summary>Input that is billed where that differs from what was read.</summary>
    BilledInput,

    /// <summary>Output that is billed where that differs from what was written.</summary>
    BilledOutput,
    WebSearches,
    WebFetches,
    CodeExecutions,
    FileSearches,

    /// <summary>Searches of another source, which are billed beside <see cref="WebSearches"/>.</summary>
    OtherSearches,

    /// <summary>The length of audio that was read, beside the tokens.</summary>
    AudioMilliseconds,

    /// <summary>How many there are.</summary>
    Count,
}
