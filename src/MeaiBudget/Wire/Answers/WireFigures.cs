using System.Runtime.CompilerServices;

namespace MeaiBudget;

/// <summary>The counts of one usage report, or of several taken together. Zero and "not told" are two things.</summary>
internal struct WireFigures : IEquatable<WireFigures>
{
    private Values _values;
    private uint _told;

    /// <summary>Gets a value indicating whether any count was told.</summary>
    public readonly bool IsTold => _told != 0;

    /// <summary>Gets a value indicating whether every count that was told is zero.</summary>
    public readonly bool IsZero
    {
        get
        {
            for (int index = 0; index < (int)WireCount.Count; index++)
            {
                if (_values[index] != 0)
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>Gets a count; 0 if it was not told.</summary>
    /// <param name="count">Which one.</param>
    public readonly long this[WireCount count] => _values[(int)count];

    /// <summary>Gets a value indicating whether a count was told.</summary>
    /// <param name="count">Which one.</param>
    public readonly bool Has(WireCount count) => (_told & (1u << (int)count)) != 0;

    /// <summary>Sets a count; of two spellings of one count in one report the larger holds.</summary>
    /// <param name="count">Which one.</param>
    /// <param name="value">Its value.</param>
    public void Set(WireCount count, long value)
    {
        _values[(int)count] = Has(count) ? Math.Max(_values[(int)count], value) : value;
        _told |= 1u << (int)count;
    }

    /// <summary>Takes over a later report: each count that it tells, but a zero that would erase a number.</summary>
    /// <param name="later">The later report.</param>
    public void Replace(in WireFigures later)
    {
        for (int index = 0; index < (int)WireCount.Count; index++)
        {
            if (later._values[index] != 0)
            {
                _values[index] = later._values[index];
            }
        }

        _told |= later._told;
    }

    /// <summary>Adds a report that tells only what came since the last one.</summary>
    /// <param name="next">The report.</param>
    public void Add(in WireFigures next)
    {
        for (int index = 0; index < (int)WireCount.Count; index++)
        {
            _values[index] = SaturatingMath.Add(_values[index], next._values[index]);
        }

        _told |= next._told;
    }

    /// <inheritdoc/>
    public readonly bool Equals(WireFigures other) => _told == other._told && ((ReadOnlySpan<long>)_values).SequenceEqual(other._values);

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is WireFigures other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => HashCode.Combine(_told, _values[0], _values[1]);

    [InlineArray((int)WireCount.Count)]
    private struct Values
    {
        private long _first;
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

    /// <summary>How many there are.</summary>
    Count,
}
