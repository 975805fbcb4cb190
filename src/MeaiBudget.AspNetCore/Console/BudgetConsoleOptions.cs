using Microsoft.AspNetCore.Http;

namespace MeaiBudget;

/// <summary>Options of the operator's console.</summary>
public sealed class BudgetConsoleOptions
{
    /// <summary>
    /// Gets or sets the name of the authorization policy of every page and of the JSON API; <see langword="null"/> by default. Without a
    /// policy nothing is reachable: every request is refused with 403.
    /// </summary>
    public string? AuthorizationPolicy { get; set; }

    /// <summary>
    /// Gets or sets the name of the authorization policy for changes: stop, resume, grant, limit, adjust. A user needs it in addition to
    /// <see cref="AuthorizationPolicy"/>. <see langword="null"/> by default: then the console only shows.
    /// </summary>
    public string? ActionsPolicy { get; set; }

    /// <summary>Gets or sets how the user of a request is named in the audit trail; by default the name of the signed-in user.</summary>
    public Func<HttpContext, string?>? UserName { get; set; }

    /// <summary>Gets or sets the heading of the pages.</summary>
    /// <value>The default is <c>Budgets</c>.</value>
    public string Title { get; set; } = "Budgets";

    /// <summary>Gets or sets the time zone of days and times. Budgets reset in their own time zone.</summary>
    /// <value>The default is UTC.</value>
    public TimeZoneInfo TimeZone { get; set; } = TimeZoneInfo.Utc;

    /// <summary>Gets or sets how often open pages are brought up to date, and the least age of cached figures.</summary>
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
