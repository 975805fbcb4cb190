namespace MeaiBudget;

/// <summary>How the status endpoint shows itself.</summary>
public sealed class BudgetStatusEndpointOptions
{
    /// <summary>Gets or sets a value indicating whether anybody may see the status. It shows budgets, keys (tenants), models and amounts.</summary>
    /// <value>The default is <see langword="false"/>: the endpoint requires authorization.</value>
    public bool AllowAnonymous { get; set; }

    /// <summary>Gets or sets the authorization policy; <see langword="null"/> for the application's default one.</summary>
    public string? AuthorizationPolicy { get; set; }

    /// <summary>Gets or sets the page's heading.</summary>
    /// <value>The default is <c>Budgets</c>.</value>
    public string Title { get; set; } = "Budgets";

    /// <summary>Gets or sets how often an open page looks for changes.</summary>
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
