namespace MeaiBudget;

/// <summary>Options of the alerts. They are read once, when the application starts.</summary>
public sealed class BudgetAlertOptions
{
    /// <summary>The metric with the number of alerts that fire, by rule.</summary>
    public const string FiringMetric = "meaibudget.alerts.firing";

    /// <summary>The metric that counts deliveries to webhooks, by result: <c>delivered</c>, <c>repeated</c> or <c>dropped</c>.</summary>
    public const string DeliveriesMetric = "meaibudget.alerts.deliveries";

    /// <summary>Gets the webhooks. Without one, alerts are logged and measured only.</summary>
    public IList<BudgetWebhook> Webhooks { get; } = [];

    /// <summary>Gets or sets how often the rules are evaluated, by one of all nodes; 30 seconds by default, from one second to one hour.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan Interval
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.FromSeconds(1));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromHours(1));
            field = value;
        }
    } = TimeSpan.FromSeconds(30);

    /// <summary>Gets the shares of a limit that alert, of budgets and of single keys; 0.8 and 1 by default. The largest that is passed fires.</summary>
    public IList<decimal> Thresholds { get; } = [0.8m, 1m];

    /// <summary>
    /// Gets the burn rates that alert: how many times faster than the limit lasts its period, over a time. By default 14.4 over one hour
    /// (2 % of a month in an hour) and 6 over six hours (5 % of a month). The last twelfth of the time must burn as fast, so that an
    /// alert ends soon after its cause. They apply to budgets whose period is at least ten times as long.
    /// </summary>
    public IList<(decimal Rate, TimeSpan Over)> BurnRates { get; } = [(14.4m, TimeSpan.FromHours(1)), (6m, TimeSpan.FromHours(6))];

    /// <summary>Gets or sets how many refusals of one budget within five minutes alert; 10 by default, zero for never.</summary>
    public int Refusals { get; set; } = 10;

    /// <summary>Gets or sets how many attempts without a known price within an hour alert; 1 by default, zero for never.</summary>
    public int Unpriced { get; set; } = 1;

    /// <summary>Gets or sets how long a ledger is away before it alerts; 30 seconds by default. Each node that cannot reach it alerts.</summary>
    public TimeSpan LedgerAwayFor { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets or sets the age of the price catalog that alerts; 45 days by default.</summary>
    public TimeSpan OldestPrices { get; set; } = TimeSpan.FromDays(45);

    /// <summary>Gets or sets how this node is named in messages; the name of the machine by default.</summary>
    public string Node { get; set; } = Environment.MachineName;

    /// <summary>Gets or sets how long a webhook may take to answer, more than zero; 10 seconds by default.</summary>
    public TimeSpan WebhookTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets or sets for how long a message is sent again before it is dropped; one hour by default. The waits between grow from one to 30 seconds.</summary>
    public TimeSpan RepeatFor { get; set; } = TimeSpan.FromHours(1);
}
