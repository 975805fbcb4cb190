namespace MeaiBudget;

/// <summary>What had to be assumed or put right to reach a <see cref="Cost"/>.</summary>
[Flags]
public enum CostFlags
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The parts were more than their whole, or a count was negative; every part is billed, none below zero.</summary>
    InconsistentUsage = 1,

    /// <summary>Cache writes of unstated duration were billed as written for five minutes.</summary>
    AssumedCacheWriteDuration = 1 << 1,

    /// <summary>Cached or cache-write tokens had no price of their own; they were billed at the input price or above.</summary>
    AssumedCachePrice = 1 << 2,

    /// <summary>Audio or image tokens had no price of their own; they were billed as text.</summary>
    AssumedMediaPrice = 1 << 3,

    /// <summary>The service tier had no price of its own; see the documentation for what is reckoned instead.</summary>
    AssumedServiceTierPrice = 1 << 4,

    /// <summary>A long-context bracket of the price applied.</summary>
    LongContext = 1 << 5,

    /// <summary>A server tool was used for which no fee is known: the amount does not hold it.</summary>
    MissingFee = 1 << 6,

    /// <summary>The provider or its proxy stated a cost of zero, or below, for a model with a price; the computed amount was taken.</summary>
    StatedCostIgnored = 1 << 7,

    /// <summary>There was no usage at all to bill.</summary>
    NoUsage = 1 << 8,

    /// <summary>The amount is above what can be held, about nine billion US dollars.</summary>
    Saturated = 1 << 9,
}
