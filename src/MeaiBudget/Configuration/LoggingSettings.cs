namespace MeaiBudget;

/// <summary>What is logged of calls, in configuration; <see cref="RedactedLoggingOptions"/> says more of each. The levels are those of the application's own <c>Logging</c> section.</summary>
public sealed class LoggingSettings
{
    /// <summary>Gets or sets whether messages and answers are logged. Default: None.</summary>
    public LoggedContent Content { get; set; }

    /// <summary>Gets or sets the most characters of the messages, and again of the answer, that are logged. Default: 4,096.</summary>
    public int MaxContentLength { get; set; } = 4096;

    /// <summary>Gets or sets a value indicating whether a call's cost is put on the current activity. Default: false.</summary>
    public bool AddCostToActivity { get; set; }

    /// <summary>Gets or sets a value indicating whether e-mail addresses are redacted too. Default: false.</summary>
    public bool RedactEmailAddresses { get; set; }

    /// <summary>Gets further names whose values are secret.</summary>
    public IList<string> SecretNames { get; } = [];

    internal RedactedLoggingOptions ToOptions()
    {
        var options = new RedactedLoggingOptions { Content = Content, MaxContentLength = MaxContentLength, AddCostToActivity = AddCostToActivity };
        if (RedactEmailAddresses || SecretNames.Count > 0)
        {
            var redaction = new SecretRedactorOptions { RedactEmailAddresses = RedactEmailAddresses };
            foreach (string name in SecretNames)
            {
                redaction.SecretNames.Add(name);
            }

            options.Redactor = new SecretRedactor(redaction);
        }

        return options;
    }
}
