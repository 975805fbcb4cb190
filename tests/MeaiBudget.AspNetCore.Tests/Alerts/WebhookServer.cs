using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MeaiBudget.Tests;

/// <summary>A webhook on its own port, which fails and hangs as it is told. Without an order it accepts.</summary>
internal sealed class WebhookServer : IAsyncDisposable
{
    public const string Secret = "T0SECRET1-xyzzy";
    private readonly WebApplication _application;
    private readonly ConcurrentQueue<string> _orders = new();
    private readonly ConcurrentQueue<string> _accepted = new();
    private int _requests;

    private WebhookServer(WebApplication application) => _application = application;

    public Uri Address => new(new Uri(_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()), $"/services/{Secret}?token={Secret}");

    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Gets the texts of the messages that were accepted.</summary>
    public IReadOnlyList<string> Accepted => [.. _accepted];

    /// <summary>Gets or sets a value indicating whether every request without an order fails.</summary>
    public bool IsBroken { get; set; }

    public static async Task<WebhookServer> StartAsync(params string[] orders)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication application = builder.Build();
        var server = new WebhookServer(application);
        foreach (string order in orders)
        {
            server._orders.Enqueue(order);
        }

        application.MapPost("/{**path}", (RequestDelegate)server.ReceiveAsync);
        await application.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1), TimeProvider.System);
        await _application.StopAsync(limit.Token);
        await _application.DisposeAsync();
    }

    private async Task ReceiveAsync(HttpContext context)
    {
        using JsonDocument body = await JsonDocument.ParseAsync(context.Request.Body);
        Interlocked.Increment(ref _requests);
        string order = _orders.TryDequeue(out string? told) ? told : IsBroken ? "500" : "200";
        if (order == "hang")
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }

        if (order == "redirect")
        {
            context.Response.Headers.Location = "/elsewhere";
        }

        context.Response.StatusCode = order == "redirect" ? 307 : int.Parse(order, System.Globalization.CultureInfo.InvariantCulture);
        if (order == "200")
        {
            _accepted.Enqueue(body.RootElement.GetProperty("text").GetString()!);
        }
    }
}
