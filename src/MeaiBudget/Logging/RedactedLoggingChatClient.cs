using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>
/// Logs one structured record for each call and one for each failed attempt: ids, route, model, tokens, cost, budgets, durations.
/// Content is logged only if <see cref="RedactedLoggingOptions.Content"/> demands it. Secrets are redacted.
/// </summary>
/// <remarks>
/// Thread-safe; does not change requests. Exceptions are logged by type, kind, status and code, not as objects, because their
/// messages contain text of the providers.
/// </remarks>
public sealed class RedactedLoggingChatClient : CallLayerChatClient
{
    private readonly ILogger _logger;
    private readonly RedactedLoggingOptions _options;
    private readonly ConditionalWeakTable<CallRecord, LoggedCall> _calls = [];

    /// <summary>Creates the client.</summary>
    /// <param name="innerClient">The client below.</param>
    /// <param name="logger">The logger that receives the records.</param>
    /// <param name="options">The options; copied.</param>
    /// <exception cref="PipelineException">A layer below logs content without redaction.</exception>
    public RedactedLoggingChatClient(IChatClient innerClient, ILogger logger, RedactedLoggingOptions? options = null)
        : this(innerClient, logger, options, null)
    {
    }

    internal RedactedLoggingChatClient(IChatClient innerClient, ILogger logger, RedactedLoggingOptions? options, CallLayerSetup? setup)
        : base(innerClient, setup)
    {
        ArgumentNullException.ThrowIfNull(logger);
        PipelineRules.CheckLogging(IAlternateClients.AllOf(innerClient));
        _logger = logger;
        _options = (options ?? new RedactedLoggingOptions()).Copy();
    }

    private bool IsOn => _logger.IsEnabled(LogLevel.Error) || _options.AddCostToActivity;

    /// <inheritdoc/>
    internal override ValueTask<ChatResponse> InvokeAsync(
        CallFrame frame, IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken) =>
        IsOn ? LogAsync(frame, messages, options, cancellationToken)
        : IsAdjacent ? Next!.InvokeAsync(frame, messages, options, cancellationToken)
        : base.InvokeAsync(frame, messages, options, cancellationToken);

    /// <inheritdoc/>
    internal override IAsyncEnumerable<ChatResponseUpdate> InvokeStreamingAsync(
        CallFrame frame, IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken) =>
        IsOn ? LogStreamAsync(frame, messages, options, cancellationToken)
        : IsAdjacent ? Next!.InvokeStreamingAsync(frame, messages, options, cancellationToken)
        : base.InvokeStreamingAsync(frame, messages, options, cancellationToken);

    private protected override CallPath Contribute(CallPath path, ISpendGate? run) => path;

    private async ValueTask<ChatResponse> LogAsync(
        CallFrame frame, IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        LoggedCall call = Begin(frame, messages);
        try
        {
            ChatResponse response = await base.InvokeAsync(frame, messages, options, cancellationToken);
            call.Answered(response);
            return response;
        }
        catch (Exception exception)
        {
            call.Failed(exception, cancellationToken);
            throw;
        }
    }

    private async IAsyncEnumerable<ChatResponseUpdate> LogStreamAsync(
        CallFrame frame, IReadOnlyList<ChatMessage> messages, ChatOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        LoggedCall call = Begin(frame, messages);
        IAsyncEnumerator<ChatResponseUpdate> updates = base.InvokeStreamingAsync(frame, messages, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
        try
        {
            while (await MoveNextAsync(updates, call, cancellationToken))
            {
                call.Answered(updates.Current);
                yield return updates.Current;
            }
        }
        finally
        {
            await updates.DisposeAsync();
        }
    }

    private static async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<ChatResponseUpdate> updates, LoggedCall call, CancellationToken cancellationToken)
    {
        try
        {
            return await updates.MoveNextAsync();
        }
        catch (Exception exception)
        {
            call.Failed(exception, cancellationToken);
            throw;
        }
    }

    /// <summary>Returns the record of the call. All iterations of a tool loop belong to one call.</summary>
    private LoggedCall Begin(CallFrame frame, IReadOnlyList<ChatMessage> messages)
    {
        LoggedCall call = _calls.GetValue(frame.Record, _ => new LoggedCall(_logger, _options, messages));
        frame.Record.Observe(call);
        return call;
    }
}
