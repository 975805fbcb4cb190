using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>Sends messages to one webhook in their order, and repeats what fails with growing waits.</summary>
/// <remarks>Bounded: if too many messages wait, the oldest is dropped. The address appears in no log, metric or trace.</remarks>
internal sealed partial class WebhookSender : IDisposable
{
    private const int MostWaiting = 1_000;
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private const int MostRejections = 3;

    /// <summary>A message comes at most this late after a webhook has recovered.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    /// <summary>A webhook that asks for a longer wait is asked again after this one.</summary>
    private static readonly TimeSpan LongestAskedWait = TimeSpan.FromMinutes(5);

    private readonly BudgetWebhook _webhook;
    private readonly BudgetAlertOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Counter<long> _deliveries;
    private readonly HttpClient _client;
    private readonly Channel<Job> _jobs;

    public WebhookSender(BudgetWebhook webhook, BudgetAlertOptions options, TimeProvider time, ILogger logger, Counter<long> deliveries)
    {
        (_webhook, _options, _time, _logger, _deliveries) = (webhook, options, time, logger, deliveries);
        _jobs = Channel.CreateBounded<Job>(new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true }, Drop);

        // No activity: it would have the address as a tag. No redirect: it would send the message to an address that nobody named.
        _client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, ActivityHeadersPropagator = null, PooledConnectionLifetime = TimeSpan.FromMinutes(5), UseCookies = false }) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Adds a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="done">Called once when it was delivered (true) or dropped (false).</param>
    public void Send(AlertMessage message, Action<bool> done) => _jobs.Writer.TryWrite(new Job(message, done));

    public async Task RunAsync(CancellationToken stopping)
    {
        await foreach (Job job in _jobs.Reader.ReadAllAsync(stopping))
        {
            await DeliverAsync(job, stopping);
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task DeliverAsync(Job job, CancellationToken stopping)
    {
        long began = _time.GetTimestamp();
        TimeSpan wait = FirstWait;
        int rejections = 0;
        while (true)
        {
            (string? problem, TimeSpan? asked, bool isRejected) = await PostAsync(job.Message, stopping);
            if (problem is null)
            {
                Count("delivered");
                job.Done(true);
                return;
            }

            rejections += isRejected ? 1 : 0;
            bool isLast = rejections >= MostRejections || _time.GetElapsedTime(began) >= _options.RepeatFor;
            LogFailed(_webhook.ToString(), problem, isLast ? "It is dropped." : "It is sent again.");
            if (isLast)
            {
                Count("dropped");
                job.Done(false);
                return;
            }

            Count("repeated");
            await Task.Delay(NextWait(wait, asked), _time, stopping);
            wait = wait * 2 < LongestWait ? wait * 2 : LongestWait;
        }
    }

    /// <summary>Returns how long to wait before a message is sent again.</summary>
    internal static TimeSpan NextWait(TimeSpan wait, TimeSpan? asked) =>
        asked is { } longer && longer > wait ? longer < LongestAskedWait ? longer : LongestAskedWait : wait < LongestWait ? wait : LongestWait;

    /// <summary>Sends a message once.</summary>
    /// <returns>
    /// What went wrong, without the address, and how long the webhook asks to wait; <see langword="null"/> if it was accepted. Rejected is a
    /// message that the webhook does not take, whenever it is sent.
    /// </returns>
    private async Task<(string? Problem, TimeSpan? Wait, bool IsRejected)> PostAsync(AlertMessage message, CancellationToken stopping)
    {
        using var limit = new CancellationTokenSource(_options.WebhookTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, limit.Token);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, _webhook.Address)
            {
                Content = new StringContent(_webhook.Fill(name => message.Value(name, _options.Node)), Encoding.UTF8, "application/json"),
            };
            foreach ((string name, string value) in _webhook.Headers)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            using HttpResponseMessage answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            TimeSpan? wait = answer.Headers.RetryAfter is { } after ? after.Delta ?? after.Date - _time.GetUtcNow() : null;
            return answer.StatusCode is >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices ? (null, null, false) : ($"HTTP {(int)answer.StatusCode}", wait, IsRejection(answer.StatusCode));
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return ("no answer in time", null, false);
        }
        catch (HttpRequestException exception)
        {
            return (exception.HttpRequestError.ToString(), null, false);
        }
#pragma warning disable CA1031 // One message that cannot be sent must not end the delivery of all others.
        catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
        {
            return (exception.GetType().Name, null, true);
        }
    }

    /// <summary>True for answers about this message, not about the address or the key, with which other messages would fail, too.</summary>
    private static bool IsRejection(HttpStatusCode status) => status is HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity;

    private void Drop(Job job)
    {
        Count("dropped");
        LogFailed(_webhook.ToString(), "too many messages wait", "The oldest is dropped.");
        job.Done(false);
    }

    private void Count(string result) => _deliveries.Add(1, new KeyValuePair<string, object?>("result", result));

    [LoggerMessage(EventId = 521, Level = LogLevel.Warning, Message = "An alert was not delivered to the {Webhook}: {Problem}. {Next}")]
    private partial void LogFailed(string webhook, string problem, string next);

    private sealed record Job(AlertMessage Message, Action<bool> Done);
}
