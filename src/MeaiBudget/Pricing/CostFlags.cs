namespace MeaiBudget;

/// <summary>Assumptions and corrections that were necessary to compute a <see cref="Cost"/>.</summary>
[Flags]
public enum CostFlags
{
    /// <summary>No assumption or correction.</summary>
    None = 0,

    /// <summary>The parts were more than their whole, or a count was negative or impossible; every part is billed, none below zero, and see <see cref="BillableUsage.IsInconsistent"/>.</summary>
    InconsistentUsage = 1,

    /// <summary>Cache writes without a stated duration were billed as five-minute cache writes.</summary>
    AssumedCacheWriteDuration = 1 << 1,

    /// <summary>There was no price for cached or cache-write tokens. They were billed at the input price or more.</summary>
    AssumedCachePrice = 1 << 2,

    /// <summary>There was no price for audio or image tokens. They were billed as text.</summary>
    AssumedMediaPrice = 1 << 3,

    /// <summary>There was no price for the service tier, or for its long-context brackets. docs/pricing.md lists the prices used instead.</summary>
    AssumedServiceTierPrice = 1 << 4,

    /// <summary>A long-context bracket of the price was used.</summary>
    LongContext = 1 << 5,

    /// <summary>The usage contains a server tool with an unknown fee, which the amount does not include.</summary>
    MissingFee = 1 << 6,

    /// <summary>The provider or its proxy stated a cost that cannot be right of a model with a price: zero, or far from the computed amount; the computed amount was taken.</summary>
    StatedCostIgnored = 1 << 7,

    /// <summary>There was no usage to bill.</summary>
    NoUsage = 1 << 8,

    /// <summary>The amount exceeds the maximum of about nine billion US dollars.</summary>
    Saturated = 1 << 9,

    /// <summary>Another model answered than the one that was asked for, and its price was charged: the provider replaced the model.</summary>
    OtherModelAnswered = 1 << 10,
}
