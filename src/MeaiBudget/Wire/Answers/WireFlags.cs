namespace MeaiBudget;

/// <summary>What was odd in an answer and its usage.</summary>
[Flags]
internal enum WireFlags
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A count was negative; it is not taken.</summary>
    NegativeCount = 1,

    /// <summary>A count is larger than any model's window; it is taken as reported.</summary>
    AbsurdCount = 1 << 1,

    /// <summary>A count was written as text.</summary>
    TextCount = 1 << 2,

    /// <summary>A count had a fraction; it is rounded up.</summary>
    FractionCount = 1 << 3,

    /// <summary>A count was <c>null</c>, or nothing that could be read.</summary>
    MissingCount = 1 << 4,

    /// <summary>Output tokens were worked out from the total, which was more than its parts.</summary>
    OutputFromTotal = 1 << 5,

    /// <summary>The usage tells far fewer output tokens than the text that came has: the output must be bounded from below by <see cref="WireAnswer.TextBytes"/>.</summary>
    OutputBelowText = 1 << 6,

    /// <summary>Usage was told in differences, which were added up.</summary>
    SummedUsage = 1 << 7,

    /// <summary>Parts were more than their whole, and the total does not say that they stand beside it. Cached tokens and thinking are added; of other kinds no more than the whole is taken.</summary>
    PartsExceedWhole = 1 << 8,

    /// <summary>Usage was told, and all of it was zero.</summary>
    UsageOfZeros = 1 << 9,

    /// <summary>A part of the answer was no JSON, or too deep.</summary>
    Malformed = 1 << 10,

    /// <summary>The body is still compressed or in no known form: nothing was read.</summary>
    Unreadable = 1 << 11,

    /// <summary>Tokens were written to a cache that lasts longer than an hour; they are counted as written for an hour.</summary>
    LongCacheWrite = 1 << 12,

    /// <summary>A stated cost could not be read as an amount, or was negative.</summary>
    UnreadableCost = 1 << 13,

    /// <summary>The total is less than its parts; the parts are taken.</summary>
    TotalBelowParts = 1 << 14,

    /// <summary>Something ran that has a fee of its own, or another model's price.</summary>
    OtherFee = 1 << 15,
}
