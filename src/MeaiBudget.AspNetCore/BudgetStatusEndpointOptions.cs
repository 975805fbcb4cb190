namespace MeaiBudget;

/// <summary>Options of the status endpoint.</summary>
public sealed class BudgetStatusEndpointOptions
{
    /// <summary>
    /// Gets or sets a value indicating whether everyone may read the status without authorization. It contains budgets, partition keys
    /// (tenants), models and amounts.
    /// </summary>
    /// <value>The default is <see langword="false"/>: the endpoint requires authorization.</value>
    public bool AllowAnonymous { get; set; }

    /// <summary>Gets or sets the name of the authorization policy; <see langword="null"/> for the application's default policy.</summary>
    public string? AuthorizationPolicy { get; set; }

    /// <summary>Gets or sets the heading of the page.</summary>
    /// <value>The default is <c>Budgets</c>.</value>
    public string Title { get; set; } = "Budgets";

    /// <summary>Gets or sets how often an open page checks for changes.</summary>
    /// <value>The default is one second; at least 100 ms.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 100 ms.</exception>
    public TimeSpan RefreshInterval
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.FromMilliseconds(100));
            field = value;
        }
    }
    = TimeSpan.FromSeconds(1);
}
