namespace MeaiBudget;

/// <summary>
/// What is logged of calls and of HTTP traffic, in configuration: one short section for <see cref="RedactedLoggingOptions"/>,
/// <see cref="RedactedHttpLoggingOptions"/> and <see cref="SecretRedactorOptions"/>. Log levels are those of the application's own
/// <c>Logging</c> section.
/// </summary>
public sealed class LoggingSettings
{
    private readonly RedactedLoggingOptions _calls = new();
    private readonly RedactedHttpLoggingOptions _http = new();
    private readonly SecretRedactorOptions _redaction = new();

    /// <inheritdoc cref="RedactedLoggingOptions.Content"/>
    public LoggedContent Content
    {
        get => _calls.Content;
        set => _calls.Content = value;
    }

    /// <summary>Gets or sets the most characters that are logged of the messages, of the answer, and of each HTTP body. Default: 4,096; at least 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int MaxContentLength
    {
        get => _calls.MaxContentLength;
        set => _calls.MaxContentLength = _http.MaxBodyLength = value;
    }

    /// <inheritdoc cref="RedactedLoggingOptions.AddCostToActivity"/>
    public bool AddCostToActivity
    {
        get => _calls.AddCostToActivity;
        set => _calls.AddCostToActivity = value;
    }

    /// <inheritdoc cref="SecretRedactorOptions.RedactEmailAddresses"/>
    public bool RedactEmailAddresses
    {
        get => _redaction.RedactEmailAddresses;
        set => _redaction.RedactEmailAddresses = value;
    }

    /// <inheritdoc cref="SecretRedactorOptions.SecretNames"/>
    public IList<string> SecretNames => _redaction.SecretNames;

    /// <summary>Gets or sets a value indicating whether the providers' HTTP traffic is logged, one record for each request. Default: false.</summary>
    public bool Http { get; set; }

    /// <summary>Gets or sets whether the bodies of that traffic are logged. Default: None.</summary>
    public LoggedContent HttpBodies
    {
        get => _http.Bodies;
        set => _http.Bodies = value;
    }

    internal RedactedLoggingOptions ToOptions()
    {
        RedactedLoggingOptions options = _calls.Copy();
        options.Redactor = ToRedactor();
        return options;
    }

    internal RedactedHttpLoggingOptions ToHttpOptions(TimeProvider clock)
    {
        RedactedHttpLoggingOptions options = _http.Copy();
        options.TimeProvider = clock;
        options.Redactor = ToRedactor();
        return options;
    }

    private SecretRedactor ToRedactor() =>
        _redaction.RedactEmailAddresses || _redaction.SecretNames.Count > 0 ? new SecretRedactor(_redaction) : SecretRedactor.Default;
}
