namespace MeaiBudget;

/// <summary>The unit of an account's amounts.</summary>
internal enum BudgetUnit
{
    /// <summary>Nano-dollars.</summary>
    Dollars,

    /// <summary>Input and output tokens.</summary>
    Tokens,

    /// <summary>Attempts.</summary>
    Requests,

    /// <summary>Tokens without a known price.</summary>
    UnpricedTokens,
}
