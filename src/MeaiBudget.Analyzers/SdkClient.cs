using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace MeaiBudget.Analyzers;

/// <summary>A client that code makes with an SDK.</summary>
internal sealed class SdkClient
{
    public SdkClient(IObjectCreationOperation creation, string sdk) => (Creation, Sdk) = (creation, sdk);

    /// <summary>The expression that makes the client.</summary>
    public IObjectCreationOperation Creation { get; }

    /// <summary>The name of the SDK for messages: OpenAI, Anthropic or Ollama.</summary>
    public string Sdk { get; }

    /// <summary>The expression that makes the client's options; null if there is none, or it is not seen.</summary>
    public IObjectCreationOperation? Options { get; set; }

    /// <summary>True if the SDK repeats requests; null if it is not seen.</summary>
    public bool? Retries { get; set; }

    /// <summary>True if the library's handler is in the HTTP pipeline; null if it is not seen.</summary>
    public bool? HasWire { get; set; }

    public string RetriesAdvice => Sdk == "Anthropic"
        ? "new AnthropicClient { MaxRetries = 0 }"
        : "RetryPolicy = new ClientRetryPolicy(maxRetries: 0) in the client's options";

    public string WireAdvice => Sdk switch
    {
        "Anthropic" => "new AnthropicClient { ... }.AddChatWire()",
        "Ollama" => "new OllamaApiClient(ChatWireHandler.CreateClient(), model)",
        _ => "new OpenAIClientOptions { ... }.AddChatWire()",
    };
}

/// <summary>Follows the client of an SDK back to where it is made, and reads how.</summary>
internal sealed class SdkTrace(TypeScope scope)
{
    public IReadOnlyList<SdkClient> Of(IOperation expression)
    {
        var clients = new List<SdkClient>();
        Follow(expression, clients, new Seen(), new HashSet<ISymbol>(SymbolEqualityComparer.Default), depth: 0);
        return clients;
    }

    private void Follow(IOperation expression, List<SdkClient> into, Seen seen, HashSet<ISymbol> visited, int depth)
    {
        IOperation value = TypeScope.Strip(expression);
        if (depth > 32)
        {
            return;
        }

        switch (value)
        {
            case ICoalesceOperation coalesce:
                Follow(coalesce.Value, into, seen, visited, depth + 1);
                Follow(coalesce.WhenNull, into, seen, visited, depth + 1);
                return;
            case IConditionalOperation { WhenFalse: { } other } conditional:
                Follow(conditional.WhenTrue, into, seen, visited, depth + 1);
                Follow(other, into, seen, visited, depth + 1);
                return;
            case IPropertyReferenceOperation { Instance: { } owner } property when scope.ValuesOf(property.Property).Count == 0:
                // A part of the client, such as Anthropic's Beta.
                Follow(owner, into, seen, visited, depth + 1);
                return;
            case IInvocationOperation call:
                FollowCall(call, into, seen, visited, depth);
                return;
            case IObjectCreationOperation created when Read(created, seen) is { } client:
                into.Add(client);
                return;
        }

        if (TypeScope.VariableOf(value) is { } variable && variable is not IParameterSymbol && visited.Add(variable))
        {
            foreach (IOperation one in scope.ValuesOf(variable))
            {
                Follow(one, into, seen, visited, depth + 1);
            }
        }
    }

    private void FollowCall(IInvocationOperation call, List<SdkClient> into, Seen seen, HashSet<ISymbol> visited, int depth)
    {
        string name = call.TargetMethod.Name;
        if (name == "AddChatWire" && PipelineReader.ReceiverArgument(call) is { } wired)
        {
            Follow(wired, into, seen with { HasWire = true }, visited, depth + 1);
        }
        else if (name == "WithOptions" && call.Instance is { } original)
        {
            // "options => options with { MaxRetries = 0 }": what it sets counts, and it may set an HttpClient that has the handler.
            IReadOnlyList<ISimpleAssignmentOperation> set = [.. call.Descendants().OfType<ISimpleAssignmentOperation>()];
            ISimpleAssignmentOperation? retries = set.FirstOrDefault(static one => NameOf(one.Target) == "MaxRetries");
            bool hasHttpClient = set.Any(static one => NameOf(one.Target) == "HttpClient");
            Follow(original, into, seen with { Retries = retries is null ? seen.Retries : RetriesOf(retries.Value) ?? false, HasWire = seen.HasWire || hasHttpClient }, visited, depth + 1);
        }
        else if (call.Instance is { } instance && IsSdk(instance.Type))
        {
            // GetChatClient, GetResponsesClient and the like share the HTTP pipeline of the client.
            Follow(instance, into, seen, visited, depth + 1);
        }
        else if (scope.ReturnsOf(call.TargetMethod) is { Count: > 0 } returns && visited.Add(call.TargetMethod))
        {
            foreach (IOperation returned in returns)
            {
                Follow(returned, into, seen, visited, depth + 1);
            }
        }
    }

    private static bool IsSdk(ITypeSymbol? type) => type is not null
        && (KnownTypes.NamespaceOf(type) is { } space && (Starts(space, "OpenAI") || Starts(space, "Azure.AI.OpenAI") || Starts(space, "Anthropic")));

    private static bool Starts(string space, string name) => space == name || space.StartsWith(name + ".", StringComparison.Ordinal);

    private SdkClient? Read(IObjectCreationOperation created, Seen seen)
    {
        if (created.Type is not { } type)
        {
            return null;
        }

        SdkClient client;
        if (KnownTypes.Is(type, scope.Types.OllamaClient))
        {
            client = new SdkClient(created, "Ollama") { Retries = false, HasWire = WireOfOllama(created) };
        }
        else if (KnownTypes.Is(type, scope.Types.AnthropicClient))
        {
            client = ReadAnthropic(created);
        }
        else if (IsSdk(type) && type.Name.EndsWith("Client", StringComparison.Ordinal))
        {
            client = ReadOpenAI(created);
        }
        else
        {
            return null;
        }

        client.Retries = seen.Retries ?? client.Retries;
        client.HasWire = seen.HasWire ? true : client.HasWire;
        return client;
    }

    private SdkClient ReadOpenAI(IObjectCreationOperation created)
    {
        var client = new SdkClient(created, "OpenAI");
        if (created.Arguments.Any(static argument => argument.Parameter?.Type.Name == "ClientPipeline"))
        {
            return client;
        }

        IArgumentOperation? options = created.Arguments.FirstOrDefault(argument =>
            argument.ArgumentKind == ArgumentKind.Explicit && KnownTypes.Is(argument.Parameter?.Type, scope.Types.PipelineOptions));
        if (options is null || TypeScope.Strip(options.Value).ConstantValue is { HasValue: true, Value: null })
        {
            (client.Retries, client.HasWire) = (true, false);
            return client;
        }

        ReadOptions(options.Value, client, depth: 0);
        return client;
    }

    private void ReadOptions(IOperation expression, SdkClient client, int depth)
    {
        switch (TypeScope.Strip(expression))
        {
            case IInvocationOperation { TargetMethod.Name: "AddChatWire" } call when PipelineReader.ReceiverArgument(call) is { } options && depth < 8:
                ReadOptions(options, client, depth + 1);
                client.HasWire = true;
                break;
            case IObjectCreationOperation created:
                client.Options = created;
                (client.Retries, client.HasWire) = (true, false);
                foreach (ISimpleAssignmentOperation set in created.Initializer?.Initializers.OfType<ISimpleAssignmentOperation>() ?? [])
                {
                    Set(client, NameOf(set.Target), set.Value);
                }

                break;
            case ILocalReferenceOperation or IFieldReferenceOperation or IPropertyReferenceOperation when depth < 8
                && TypeScope.VariableOf(TypeScope.Strip(expression)) is { } variable && scope.ValuesOf(variable) is { Count: 1 } values:
                ReadOptions(values[0], client, depth + 1);
                ReadChanges(variable, client);
                break;
        }
    }

    /// <summary>Reads what is done with options that a variable holds. Options that are passed to other code may be changed there.</summary>
    private void ReadChanges(ISymbol options, SdkClient client)
    {
        foreach (IOperation reference in scope.ReferencesOf(options))
        {
            IOperation top = reference;
            while (top.Parent is IConversionOperation)
            {
                top = top.Parent;
            }

            switch (top.Parent)
            {
                case IPropertyReferenceOperation { Parent: ISimpleAssignmentOperation set } property when ReferenceEquals(set.Target, property):
                    Set(client, property.Property.Name, set.Value);
                    break;
                case IArgumentOperation { Parent: IInvocationOperation { TargetMethod.Name: "AddChatWire" } }:
                    client.HasWire = true;
                    break;
                case IArgumentOperation { Parent: IObjectCreationOperation made } when IsSdk(made.Type):
                    break;
                case IArgumentOperation:
                    (client.Retries, client.HasWire) = (null, client.HasWire == true ? true : null);
                    return;
            }
        }
    }

    private void Set(SdkClient client, string? property, IOperation value)
    {
        switch (property)
        {
            case "RetryPolicy":
                client.Retries = TypeScope.Strip(value) is IObjectCreationOperation policy && KnownTypes.Same(policy.Type, scope.Types.RetryPolicy)
                    ? policy.Arguments.Length == 0 ? true : RetriesOf(policy.Arguments[0].Value)
                    : null;
                break;
            case "Transport":
                client.HasWire = null;
                break;
        }
    }

    private SdkClient ReadAnthropic(IObjectCreationOperation created)
    {
        var client = new SdkClient(created, "Anthropic") { Retries = true, HasWire = false };
        IArgumentOperation? options = created.Arguments.FirstOrDefault(argument => KnownTypes.Is(argument.Parameter?.Type, scope.Types.AnthropicOptions));
        if (options is not null)
        {
            if (TypeScope.Strip(options.Value) is IObjectCreationOperation made)
            {
                client.Options = made;
                ReadAnthropic(made.Initializer, client);
            }
            else
            {
                (client.Retries, client.HasWire) = (null, null);
            }
        }

        ReadAnthropic(created.Initializer, client);
        return client;
    }

    private void ReadAnthropic(IObjectOrCollectionInitializerOperation? initializer, SdkClient client)
    {
        foreach (ISimpleAssignmentOperation set in initializer?.Initializers.OfType<ISimpleAssignmentOperation>() ?? [])
        {
            switch (NameOf(set.Target))
            {
                case "MaxRetries":
                    client.Retries = RetriesOf(set.Value);
                    break;
                case "HttpClient":
                    client.HasWire = WireOfHttpClient(set.Value);
                    break;
            }
        }
    }

    private bool? WireOfOllama(IObjectCreationOperation created) =>
        created.Arguments.FirstOrDefault(static argument => argument.Parameter?.Type.Name == "HttpClient") is { } http ? WireOfHttpClient(http.Value)
        : created.Arguments.Any(static argument => argument.Parameter?.Type.Name == "Configuration") ? null
        : false;

    /// <summary>True if an HTTP client is made with the handler; null if that is not seen.</summary>
    private bool? WireOfHttpClient(IOperation expression) => TypeScope.Strip(expression) switch
    {
        IInvocationOperation { TargetMethod: { Name: "CreateClient" or "AddTo", ContainingType.Name: "ChatWireHandler" } } => true,
        ILocalReferenceOperation local when scope.ValuesOf(local.Local) is { Count: 1 } values && !ReferenceEquals(values[0], expression) => WireOfHttpClient(values[0]),
        IObjectCreationOperation { Arguments.IsEmpty: true } => false,
        _ => null,
    };

    private static bool? RetriesOf(IOperation count) => TypeScope.Strip(count).ConstantValue is { HasValue: true, Value: int number } ? number != 0 : null;

    private static string? NameOf(IOperation target) => (target as IPropertyReferenceOperation)?.Property.Name;

    /// <summary>What was seen on the way to the client.</summary>
    private readonly record struct Seen(bool HasWire, bool? Retries);
}
