namespace MeaiBudget;

/// <summary>What is charged for an attempt that the provider may or may not have billed.</summary>
public enum UnconfirmedCharge
{
    /// <summary>Nothing.</summary>
    Released,

    /// <summary>The estimated input.</summary>
    Input,

    /// <summary>The estimated input and what was received.</summary>
    InputPlusReceived,

    /// <summary>The estimated input and the output that the model's answers stay under in 95 of 100 cases, within what was reserved.</summary>
    InputPlusExpected,

    /// <summary>Everything that was reserved.</summary>
    Full,
}
