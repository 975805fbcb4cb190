using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Admits an attempt only if its highest possible cost fits every budget, and charges its cost afterwards.</summary>
/// <remarks>
/// Thread-safe. Every attempt below is reserved before it is sent, and settled or released after it, also if it fails. The only
/// change to a request is a lower <see cref="ChatOptions.MaxOutputTokens"/>, if a budget cannot pay for the requested one.
/// </remarks>
public sealed class BudgetChatClient : CallLayerChatClient
{
    private readonly CostTracker? _tracker;
    private readonly BudgetOptions _options;
    private readonly bool _hasFunctionInvocationBelow;
    private readonly PathContribution _handling;
    private readonly PathContribution _closing = new((path, _) => path.Closing());

    /// <summary>Creates the layer.</summary>
    /// <param name="innerClient">The client below.</param>
    /// <param name="tracker">The budgets; <see langword="null"/> to enforce only the current <see cref="BudgetRun"/>.</param>
    /// <param name="options">The options; copied.</param>
    /// <exception cref="ArgumentException">An option has a value that is not allowed.</exception>
    /// <exception cref="PipelineException">The order of the layers breaks a pipeline rule.</exception>
    public BudgetChatClient(IChatClient innerClient, CostTracker? tracker = null, BudgetOptions? options = null)
        : this(innerClient, tracker, options, null)
    {
    }

    internal BudgetChatClient(IChatClient innerClient, CostTracker? tracker, BudgetOptions? options, CallLayerSetup? setup)
        : base(innerClient, setup)
    {
        _tracker = tracker;
        _options = (options ?? new BudgetOptions()).Validated();
        _hasFunctionInvocationBelow = innerClient.GetService<FunctionInvokingChatClient>() is not null;
        _handling = new PathContribution((path, _) => path.WithExceeded(_options.ExceededBehavior).WithExceededHandler());
        PipelineRules.CheckBudget(innerClient, Next);
        if (tracker is not null)
        {
            CheckNames(tracker, innerClient.GetService<CostTracker>());
        }

        tracker?.LogTo(Setup.Logger);
        PipelineModel[] models = [.. PipelineModel.Below(innerClient)];
        tracker?.ReportUnknownPrices(models, Setup.Logger);
        VocabularyPreload.Begin(models.Select(model => model.ModelId));
    }

    /// <inheritdoc/>
    public override object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is null && GetOwnService(serviceType) is { } own ? own : base.GetService(serviceType, serviceKey);
    }

    internal override object? GetOwnService(Type serviceType) =>
        serviceType == typeof(CostTracker) || serviceType == typeof(ISpendGate) ? _tracker : null;

    private protected override CallPath Contribute(CallPath path, ISpendGate? run)
    {
        path = path.WithExceeded(_options.ExceededBehavior).WithCircuit(_options.Circuit);
        if (_tracker is not null)
        {
            foreach (ISpendGate outer in path.Gates)
            {
                CheckNames(_tracker, outer as CostTracker);
            }

            path = path.WithGate(_tracker, _options.Reservation);
        }

        return run is null ? path : path.WithGate(run, _options.Reservation);
    }

    internal override ValueTask<ChatResponse> InvokeAsync(
        CallFrame frame, IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken) =>
        Handles(frame)
            ? HandleAsync(frame.With(_handling), messages, options, cancellationToken)
            : base.InvokeAsync(frame, messages, options, cancellationToken);

    private async ValueTask<ChatResponse> HandleAsync(
        CallFrame frame, IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        try
        {
            return await base.InvokeAsync(frame, messages, options, cancellationToken);
        }
        catch (BudgetExceededException refused)
        {
            if (frame.Path.Exceeded == ExceededBehavior.WrapUp)
            {
                try
                {
                    ChatResponse closing = await base.InvokeAsync(frame.With(_closing), messages, ClosingOptions(options), cancellationToken);
                    return WrappedUp(closing, frame);
                }
                catch (BudgetExceededException)
                {
                    // The budgets refused the closing answer too, so the result is an empty answer.
                }
            }

            string id = EndedId(frame);
            return new ChatResponse(new ChatMessage(ChatRole.Assistant, [EndedContent()]) { MessageId = id })
            {
                ResponseId = id,
                FinishReason = Stopped(frame, refused),
                AdditionalProperties = Stated(MeaiBudgetFinishReasons.BudgetExceeded),
            };
        }
    }

    internal override IAsyncEnumerable<ChatResponseUpdate> InvokeStreamingAsync(
        CallFrame frame, IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken) =>
        Handles(frame)
            ? HandleStreamingAsync(frame.With(_handling), messages, options, cancellationToken)
            : base.InvokeStreamingAsync(frame, messages, options, cancellationToken);

    /// <summary>True if this layer handles refusals: it is the outermost budget, has no tool loop below it, and refusals are not to be thrown.</summary>
    private bool Handles(CallFrame frame) =>
        !frame.Path.HasExceededHandler && !_hasFunctionInvocationBelow
        && (frame.Path.Exceeded ?? _options.ExceededBehavior) is ExceededBehavior.Stop or ExceededBehavior.WrapUp;

    private async IAsyncEnumerable<ChatResponseUpdate> HandleStreamingAsync(
        CallFrame frame, IReadOnlyList<ChatMessage> messages, ChatOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        BudgetExceededException? refused = null;
        bool closes = false;
        string? responseId = null;
        for (int pass = 0; pass < 2; pass++)
        {
            closes = pass == 1;
            IAsyncEnumerator<ChatResponseUpdate> updates = base.InvokeStreamingAsync(
                closes ? frame.With(_closing) : frame, messages, closes ? ClosingOptions(options) : options, cancellationToken)
                .GetAsyncEnumerator(cancellationToken);
            try
            {
                bool more;
                try
                {
                    more = await updates.MoveNextAsync();
                    refused = null;
                }
                catch (BudgetExceededException exception)
                {
                    refused = exception;
                    more = false;
                }

                while (more)
                {
                    responseId = updates.Current.ResponseId ?? responseId;
                    yield return closes ? WrappedUp(updates.Current, frame) : updates.Current;
                    more = await updates.MoveNextAsync();
                }
            }
            finally
            {
                await updates.DisposeAsync();
            }

            if (refused is null || frame.Path.Exceeded != ExceededBehavior.WrapUp)
            {
                break;
            }
        }

        if (refused is not null)
        {
            string id = EndedId(frame);
            ChatFinishReason stopped = Stopped(frame, refused);
            yield return new ChatResponseUpdate(ChatRole.Assistant, [EndedContent()]) { MessageId = id, ResponseId = id, FinishReason = stopped };
            yield return Ending(id, stopped);
        }
        else if (closes)
        {
            // Also for a provider that does not say why its stream ended.
            yield return Ending(responseId, MeaiBudgetFinishReasons.WrappedUp);
        }
    }

    /// <summary>Throws if two trackers with one name share a ledger. Their reservations of one attempt would then have the same id.</summary>
    private static void CheckNames(CostTracker tracker, CostTracker? other)
    {
        if (other is not null && !ReferenceEquals(tracker, other) && string.Equals(tracker.Name, other.Name, StringComparison.Ordinal) && tracker.SharesLedgerWith(other))
        {
            throw new PipelineException(
                PipelineRules.TrackersOfOneName,
                $"Two trackers on one path have the name '{tracker.Name}' and use the ledger '{tracker.Ledger.Name}', so the ledger cannot distinguish their reservations for one attempt. Give each tracker its own name (CostTrackerOptions.Name), or use one tracker.");
        }
    }

    private ChatOptions ClosingOptions(ChatOptions? options)
    {
        ChatOptions closing = options?.Clone() ?? new ChatOptions();
        closing.ToolMode = closing.Tools is { Count: > 0 } ? ChatToolMode.None : closing.ToolMode;
        closing.Instructions = string.IsNullOrEmpty(closing.Instructions) ? _options.WrapUpInstruction : $"{closing.Instructions}\n\n{_options.WrapUpInstruction}";
        return closing;
    }

    /// <summary>The content of an answer without text. Frameworks that pass on messages only drop an empty one, and with it the reason.</summary>
    private static ErrorContent EndedContent() => new("A budget ended the work before this answer.") { ErrorCode = MeaiBudgetFinishReasons.BudgetExceeded.Value };

    /// <summary>An id for an answer that no provider made. Agent Framework's workflows drop the finish reason of answers without one.</summary>
    private static string EndedId(CallFrame frame) => $"meaibudget_{frame.Record.CallId:N}";

    /// <summary>The last update of a stream that a budget ended. It has no message's id, because its properties are those of the response.</summary>
    private static ChatResponseUpdate Ending(string? responseId, ChatFinishReason reason) =>
        new() { Role = ChatRole.Assistant, ResponseId = responseId, FinishReason = reason, AdditionalProperties = Stated(reason) };

    /// <summary>States the reason beside the finish reason, too: frameworks that merge the answers of several agents keep properties.</summary>
    private static AdditionalPropertiesDictionary Stated(ChatFinishReason reason, AdditionalPropertiesDictionary? properties = null) =>
        new(properties ?? []) { [MeaiBudgetFinishReasons.PropertyName] = reason.Value };

    private static ChatFinishReason Stopped(CallFrame frame, BudgetExceededException refused)
    {
        frame.Record.FinishReason = $"{MeaiBudgetFinishReasons.BudgetExceeded.Value}: {refused.Message}";
        return MeaiBudgetFinishReasons.BudgetExceeded;
    }

    private static ChatResponse WrappedUp(ChatResponse response, CallFrame frame)
    {
        frame.Record.FinishReason = MeaiBudgetFinishReasons.WrappedUp.Value;
        response.FinishReason = MeaiBudgetFinishReasons.WrappedUp;
        response.AdditionalProperties = Stated(MeaiBudgetFinishReasons.WrappedUp, response.AdditionalProperties);
        foreach (ChatMessage message in response.Messages)
        {
            message.Contents = [.. message.Contents.Where(content => content is not FunctionCallContent)];
        }

        return response;
    }

    private static ChatResponseUpdate WrappedUp(ChatResponseUpdate update, CallFrame frame)
    {
        frame.Record.FinishReason = MeaiBudgetFinishReasons.WrappedUp.Value;
        if (update.FinishReason is not null)
        {
            update.FinishReason = MeaiBudgetFinishReasons.WrappedUp;
        }

        if (update.Contents.Any(content => content is FunctionCallContent))
        {
            update.Contents = [.. update.Contents.Where(content => content is not FunctionCallContent)];
        }

        return update;
    }
}
