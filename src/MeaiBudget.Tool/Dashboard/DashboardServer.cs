using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace MeaiBudget.Tool;

/// <summary>Serves the console of a ledger on the loopback address, to the one browser that opens it with a token.</summary>
/// <remarks>
/// The token works once. It becomes a cookie that ends with the browser, signed with keys that end with the process. The Host header must
/// name this machine, so that a page of another host that resolves to the loopback address reads nothing.
/// </remarks>
internal sealed class DashboardServer : IAsyncDisposable
{
    private const string Console = "/console";
    private const string Viewer = "viewer";

    private readonly WebApplication _application;
    private readonly byte[] _token;
    private int _isUsed;

    private DashboardServer(WebApplication application, string token)
    {
        _application = application;
        Token = token;
        _token = Encoding.UTF8.GetBytes(token);
    }

    /// <summary>Gets the address of the server.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1");

    public string Token { get; }

    /// <summary>Gets the address to open.</summary>
    public Uri Link => new(Address, $"/open?token={Token}");

    /// <summary>Starts the server.</summary>
    /// <param name="tracker">The ledger, with the budgets that are known.</param>
    /// <param name="port">The port; 0 for a free one.</param>
    /// <param name="mayChange">True if the viewer may stop, grant, limit and adjust.</param>
    /// <param name="zone">The time zone of days.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <exception cref="IOException">The port cannot be used.</exception>
    public static async Task<DashboardServer> StartAsync(CostTracker tracker, int port, bool mayChange, TimeZoneInfo zone, CancellationToken cancellationToken)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();

        // The console writes there why a ledger fails: its pages must not name a server.
        builder.Logging.ClearProviders().AddSimpleConsole(format => format.SingleLine = true).AddFilter(null, LogLevel.None).AddFilter("MeaiBudget", LogLevel.Warning);
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);

        // The settings of this machine must not open the server to others.
        builder.WebHost.UseSetting(WebHostDefaults.PreferHostingUrlsKey, "false");
        builder.WebHost.ConfigureKestrel(server => server.Listen(System.Net.IPAddress.Loopback, port));
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        builder.Services.AddSingleton(tracker);
        builder.Services.AddBudgetConsole();
        builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(options =>
        {
            options.Cookie.Name = "meaibudget-dashboard";
            options.Cookie.SameSite = SameSiteMode.Strict;
            options.Cookie.HttpOnly = true;
            options.Events.OnRedirectToLogin = static context => RefuseAsync(context.HttpContext, StatusCodes.Status401Unauthorized);
            options.Events.OnRedirectToAccessDenied = static context => RefuseAsync(context.HttpContext, StatusCodes.Status403Forbidden);
        });
        builder.Services.AddAuthorizationBuilder().AddPolicy(Viewer, policy => policy.RequireAuthenticatedUser());
        WebApplication application = builder.Build();
        var server = new DashboardServer(application, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24)));
        application.Use(server.CheckHostAsync);
        application.UseAuthentication();
        application.UseAuthorization();
        application.MapGet("/", () => Results.Redirect(Console));
        application.MapGet("/open", (RequestDelegate)server.OpenAsync);
        application.MapBudgetConsole(Console, options =>
        {
            options.AuthorizationPolicy = Viewer;
            options.ActionsPolicy = mayChange ? Viewer : null;
            options.Title = tracker.Ledger.Name;
            options.TimeZone = zone;
        });
        try
        {
            await application.StartAsync(cancellationToken);
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }

        server.Address = new Uri(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2), TimeProvider.System);
        try
        {
            await _application.StopAsync(limit.Token);
        }
        finally
        {
            await _application.DisposeAsync();
        }
    }

    private Task CheckHostAsync(HttpContext context, RequestDelegate next)
    {
        HostString host = context.Request.Host;
        return host.Port == Address.Port && (host.Host is "127.0.0.1" or "localhost")
            ? next(context)
            : RefuseAsync(context, StatusCodes.Status400BadRequest);
    }

    private async Task OpenAsync(HttpContext context)
    {
        byte[] given = Encoding.UTF8.GetBytes(context.Request.Query["token"].ToString());
        if (!CryptographicOperations.FixedTimeEquals(given, _token) || Interlocked.Exchange(ref _isUsed, 1) != 0)
        {
            await RefuseAsync(context, StatusCodes.Status403Forbidden);
            return;
        }

        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        context.Response.Headers.CacheControl = "no-store";
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, Environment.UserName)], CookieAuthenticationDefaults.AuthenticationScheme);
        await context.SignInAsync(CookieAuthenticationDefaults.AuthenticationScheme, new ClaimsPrincipal(identity), new AuthenticationProperties { IsPersistent = false });
        context.Response.Redirect(Console);
    }

    private static async Task RefuseAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync("Open the address that the command printed. It works once; start the command again for another.", context.RequestAborted);
    }
}
