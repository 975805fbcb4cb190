namespace MeaiBudget;

/// <summary>Options of <see cref="RedactedLoggingChatClient"/>.</summary>
/// <remarks>Copied when the client is created.</remarks>
public sealed class RedactedLoggingOptions : RedactedContentOptions
{
    /// <summary>Gets or sets how much of messages and answers is logged, in one record for each call, streamed or not.</summary>
    /// <value>The default is <see cref="LoggedContent.None"/>. The log level does not change it.</value>
    public LoggedContent Content { get; set; }

    /// <summary>Gets or sets the maximum number of characters that are logged of the messages, and of the answer.</summary>
    /// <value>The default is 4,096. Zero or more.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int MaxContentLength
    {
        get => MaxLength;
        set => MaxLength = value;
    }

    /// <summary>
    /// Gets or sets a value indicating whether the costs of calls are added up on the application's activity around them, as
    /// <see cref="MeaiBudgetDiagnostics.CostSumTag"/>. Works without logging, too.
    /// </summary>
    /// <remarks>
    /// If nothing listens to <see cref="MeaiBudgetDiagnostics.ActivitySourceName"/>, so that no attempt has an activity, the sum also has the names
    /// proposed for OpenTelemetry's semantic conventions (<see cref="MeaiBudgetDiagnostics.UsageCostAmountTag"/>).
    /// </remarks>
    /// <value>The default is <see langword="false"/>.</value>
    public bool AddCostToActivity { get; set; }

    internal RedactedLoggingOptions Copy() => (RedactedLoggingOptions)MemberwiseClone();
}
