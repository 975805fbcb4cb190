namespace MeaiBudget;

/// <summary>What is charged for an attempt that the provider may or may not have billed.</summary>
public enum UnconfirmedCharge
{
    /// <summary>Nothing.</summary>
    Released,

    /// <summary>The estimated input.</summary>
    Input,

    /// <summary>The estimated input and the received output.</summary>
    InputPlusReceived,

    /// <summary>The estimated input and the output length that 95 % of the model's answers do not exceed, up to what was reserved.</summary>
    InputPlusExpected,

    /// <summary>The whole reservation.</summary>
    Full,
}
