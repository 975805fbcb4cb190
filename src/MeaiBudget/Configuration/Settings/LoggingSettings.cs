namespace MeaiBudget;

/// <summary>What is logged of calls, in configuration; <see cref="RedactedLoggingOptions"/> says more of each. The levels are those of the application's own <c>Logging</c> section.</summary>
public sealed class LoggingSettings
{
    /// <summary>Gets or sets whether messages and answers are logged. Default: None.</summary>
    public LoggedContent Content { get; set; }

    /// <summary>Gets or sets the most characters of the messages, again of the answer, and of each body that are logged. Default: 4,096.</summary>
    public int MaxContentLength { get; set; } = 4096;

    /// <summary>Gets or sets a value indicating whether a call's cost is put on the current activity. Default: false.</summary>
    public bool AddCostToActivity { get; set; }

    /// <summary>Gets or sets a value indicating whether e-mail addresses are redacted too. Default: false.</summary>
    public bool RedactEmailAddresses { get; set; }

    /// <summary>Gets further names whose values are secret.</summary>
    public IList<string> SecretNames { get; } = [];

    /// <summary>Gets or sets a value indicating whether the providers' HTTP traffic is logged, a record a request. Default: false.</summary>
    public bool Http { get; set; }

    /// <summary>Gets or sets whether the bodies of that traffic are logged. Default: None.</summary>
    public LoggedContent HttpBodies { get; set; }

    internal RedactedLoggingOptions ToOptions() => new()
    {
        Content = Content,
        MaxContentLength = MaxContentLength,
        AddCostToActivity = AddCostToActivity,
        Redactor = ToRedactor(),
    };

    internal RedactedHttpLoggingOptions ToHttpOptions(TimeProvider clock) => new()
    {
        Bodies = HttpBodies,
        MaxBodyLength = MaxContentLength,
        TimeProvider = clock,
        Redactor = ToRedactor(),
    };

    private SecretRedactor ToRedactor()
    {
        if (!RedactEmailAddresses && SecretNames.Count == 0)
        {
            return SecretRedactor.Default;
        }

        var options = new SecretRedactorOptions { RedactEmailAddresses = RedactEmailAddresses };
        foreach (string name in SecretNames)
        {
            options.SecretNames.Add(name);
        }

        return new SecretRedactor(options);
    }
}
