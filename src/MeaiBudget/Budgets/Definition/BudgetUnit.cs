namespace MeaiBudget;

/// <summary>What an account counts.</summary>
internal enum BudgetUnit
{
    /// <summary>Nano-dollars.</summary>
    Dollars,

    /// <summary>Input and output tokens.</summary>
    Tokens,

    /// <summary>Attempts.</summary>
    Requests,

    /// <summary>Tokens whose price was not known.</summary>
    UnpricedTokens,
}
