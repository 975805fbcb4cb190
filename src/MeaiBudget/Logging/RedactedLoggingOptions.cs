namespace MeaiBudget;

/// <summary>What <see cref="RedactedLoggingChatClient"/> logs.</summary>
/// <remarks>Copied when the layer is made.</remarks>
public sealed class RedactedLoggingOptions : RedactedContentOptions
{
    /// <summary>Gets or sets whether messages and answers are logged, in one record a call, streamed or not.</summary>
    /// <value>The default is <see cref="LoggedContent.None"/>. No log level changes it.</value>
    public LoggedContent Content { get; set; }

    /// <summary>Gets or sets the most characters of the messages, and again of the answer, that are logged.</summary>
    /// <value>The default is 4,096. Zero or more.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int MaxContentLength
    {
        get => MaxLength;
        set => MaxLength = value;
    }

    /// <summary>
    /// Gets or sets a value indicating whether a call's cost is put on the current activity, under the names proposed for
    /// OpenTelemetry's conventions (<see cref="MeaiBudgetDiagnostics.UsageCostAmountTag"/>), whether or not anything is logged.
    /// </summary>
    /// <value>The default is <see langword="false"/>.</value>
    public bool AddCostToActivity { get; set; }

    internal RedactedLoggingOptions Copy() => (RedactedLoggingOptions)MemberwiseClone();
}
