using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace MeaiBudget.Analyzers;

/// <summary>Clients of SDKs below a pipeline: their retries, and whether their requests can be read.</summary>
internal sealed class SpendingRules
{
    private readonly TypeScope _scope;
    private readonly PipelineReader _pipelines;
    private readonly ClientTrace _clients;
    private readonly SdkTrace _sdks;

    public SpendingRules(TypeScope scope, PipelineReader pipelines, ClientTrace clients)
    {
        _scope = scope;
        _pipelines = pipelines;
        _clients = clients;
        _sdks = new SdkTrace(scope);
    }

    /// <summary>Reports SDK clients that repeat requests below a pipeline, and notes those whose requests are not read.</summary>
    public void CheckClients(Action<Diagnostic> report, CompilationFacts facts)
    {
        var reported = new HashSet<SyntaxNode>();
        foreach (SdkClient client in ClientsBelowOurs())
        {
            if (client.Retries == true && reported.Add(client.Creation.Syntax))
            {
                IEnumerable<Location> options = client.Options is { } made ? [made.Syntax.GetLocation()] : [];
                report(Diagnostic.Create(Rules.SdkRetries, client.Creation.Syntax.GetLocation(), options, client.Sdk, client.RetriesAdvice));
            }

            if (client.HasWire == false)
            {
                facts.AddUnseen(client);
            }
        }
    }

    /// <summary>Reports raw requests of clients whose requests are not read, and notes those whose client is not seen.</summary>
    public void CheckRawRequests(Action<Diagnostic> report, CompilationFacts facts)
    {
        foreach (IOperation operation in _scope.Operations)
        {
            if (operation is not ISimpleAssignmentOperation { Target: IPropertyReferenceOperation { Property.Name: "RawRepresentationFactory" } property } assignment
                || !KnownTypes.Is(property.Property.ContainingType, _scope.Types.ChatOptions)
                || TypeScope.Strip(assignment.Value).ConstantValue is { HasValue: true, Value: null })
            {
                continue;
            }

            Location location = LocationOf(assignment);
            ClientOrigin[] bottoms = [.. CallsWith(assignment).SelectMany(PathsOf)];
            SdkClient[] made = [.. bottoms.Where(static origin => origin.Kind == ClientOriginKind.Sdk).SelectMany(origin => _sdks.Of(origin.Source))];
            if (made.FirstOrDefault(static client => client.HasWire == false) is { } unseen)
            {
                report(Diagnostic.Create(
                    Rules.RawRequestUnseen, location, [(unseen.Options ?? unseen.Creation).Syntax.GetLocation()], unseen.Sdk, unseen.WireAdvice));
            }
            else if (bottoms.Length == 0 || bottoms.All(static origin => origin.Kind == ClientOriginKind.Unknown))
            {
                facts.AddRaw(location);
            }
        }
    }

    /// <summary>Reports calls below an enforcing budget that have no output limit.</summary>
    public void CheckOutputLimits(Action<Diagnostic> report)
    {
        foreach (IOperation operation in _scope.Operations)
        {
            if (operation is IInvocationOperation call && ClientOf(call) is { } client
                && _clients.Of(client) is { Count: 1 } origins && origins[0].Pipeline is { } pipeline
                && pipeline.Layers.Exists(Enforces)
                && !pipeline.Layers.Exists(static layer => layer.Name == "ConfigureOptions" && SetsLimit(layer.Call) || !layer.IsKnown)
                && LacksLimit(call))
            {
                report(Diagnostic.Create(Rules.NoOutputLimit, OrderRules.LocationOf(call)));
            }
        }
    }

    /// <summary>The client that a call asks; null if the call asks none.</summary>
    public IOperation? ClientOf(IInvocationOperation call)
    {
        if (call.TargetMethod.Name is not ("GetResponseAsync" or "GetStreamingResponseAsync"))
        {
            return null;
        }

        IOperation? client = call.Instance ?? (call.TargetMethod.IsExtensionMethod ? PipelineReader.ReceiverArgument(call) : null);
        return client is not null && _scope.Types.IsChatClient(TypeScope.Strip(client).Type) ? client : null;
    }

    private IEnumerable<SdkClient> ClientsBelowOurs()
    {
        foreach (Pipeline pipeline in _pipelines.All.Where(static pipeline => pipeline.HasOurs))
        {
            foreach (SdkClient client in pipeline.Clients.SelectMany(_clients.BottomOf).Where(static origin => origin.Kind == ClientOriginKind.Sdk).SelectMany(origin => _sdks.Of(origin.Source)))
            {
                yield return client;
            }
        }

        foreach (IOperation operation in _scope.Operations)
        {
            IEnumerable<IOperation> found = operation switch
            {
                IInvocationOperation call when ClientTrace.IsWrapper(call.TargetMethod) && PipelineReader.ReceiverArgument(call) is { } wrapped => [wrapped],
                IInvocationOperation { TargetMethod.Name: "UseFallback" } fallback => OrderRules.AlternatesOf(fallback),
                IObjectCreationOperation { Type: { Name: "ChatRoute" } type, Arguments.Length: > 1 } route when KnownTypes.NamespaceOf(type) == "MeaiBudget" => [route.Arguments[1].Value],
                _ => [],
            };
            foreach (SdkClient client in found.SelectMany(_clients.BottomOf).Where(static origin => origin.Kind == ClientOriginKind.Sdk).SelectMany(origin => _sdks.Of(origin.Source)))
            {
                yield return client;
            }
        }
    }

    /// <summary>The clients at the bottom of the pipelines that a call goes through, if there is a layer of ours.</summary>
    private IEnumerable<ClientOrigin> PathsOf(IInvocationOperation call)
    {
        IReadOnlyList<ClientOrigin> origins = ClientOf(call) is { } client ? _clients.Of(client) : [];
        return origins.SelectMany(origin => origin.Pipeline switch
        {
            null => [new ClientOrigin(origin.Kind == ClientOriginKind.Unknown ? ClientOriginKind.Unknown : ClientOriginKind.Factory, origin.Source)],
            { HasOurs: false } => [new ClientOrigin(ClientOriginKind.Factory, origin.Source)],
            { } pipeline => pipeline.Clients.SelectMany(_clients.BottomOf),
        });
    }

    /// <summary>The calls that get the options whose property is set.</summary>
    private IEnumerable<IInvocationOperation> CallsWith(ISimpleAssignmentOperation assignment)
    {
        IOperation? options = assignment.Target is IPropertyReferenceOperation { Instance: { } instance } && instance is not IInstanceReferenceOperation
            ? TypeScope.Strip(instance)
            : CreationOf(assignment);
        if (options is null)
        {
            return [];
        }

        ISymbol? variable = TypeScope.VariableOf(options) ?? HolderOf(options);
        IEnumerable<IOperation> uses = variable is null ? [options] : _scope.ReferencesOf(variable);
        return uses.Select(CallOf).Where(static call => call is not null)!;
    }

    private static IOperation? CreationOf(IOperation member)
    {
        IOperation? current = member.Parent;
        while (current is not null and not IObjectCreationOperation and not IWithOperation)
        {
            current = current is IObjectOrCollectionInitializerOperation ? current.Parent : null;
        }

        return current;
    }

    private static ISymbol? HolderOf(IOperation value)
    {
        IOperation top = value;
        while (top.Parent is IConversionOperation or IParenthesizedOperation)
        {
            top = top.Parent;
        }

        return top.Parent switch
        {
            IVariableInitializerOperation { Parent: IVariableDeclaratorOperation declarator } => declarator.Symbol,
            IAssignmentOperation assignment => TypeScope.VariableOf(assignment.Target),
            IFieldInitializerOperation { InitializedFields.Length: 1 } initializer => initializer.InitializedFields[0],
            IPropertyInitializerOperation { InitializedProperties.Length: 1 } initializer => initializer.InitializedProperties[0],
            _ => null,
        };
    }

    private static IInvocationOperation? CallOf(IOperation options)
    {
        IOperation top = options;
        while (top.Parent is IConversionOperation or IParenthesizedOperation)
        {
            top = top.Parent;
        }

        return top.Parent is IArgumentOperation { Parent: IInvocationOperation call } ? call : null;
    }

    private static Location LocationOf(ISimpleAssignmentOperation assignment) => assignment.Syntax.GetLocation();

    /// <summary>True for a budget that refuses calls, as far as that is seen.</summary>
    private bool Enforces(Layer layer)
    {
        if (layer is not { IsOurs: true, Name: "UseBudget" })
        {
            return false;
        }

        IEnumerable<IOperation> said = layer.Call.Arguments.Where(static argument => argument.Parameter?.Ordinal > 0).SelectMany(argument =>
            TypeScope.VariableOf(TypeScope.Strip(argument.Value)) is { } variable ? _scope.ValuesOf(variable).Append(argument.Value) : [argument.Value]);
        IOperation[] parts = [.. said.SelectMany(static value => value.DescendantsAndSelf())];
        return !parts.Any(static part => part is IFieldReferenceOperation { Field: { ContainingType.Name: "Enforcement", Name: not "Enforce" } });
    }

    private bool LacksLimit(IInvocationOperation call)
    {
        IArgumentOperation? argument = call.Arguments.FirstOrDefault(argument => KnownTypes.Is(argument.Parameter?.Type, _scope.Types.ChatOptions));
        if (argument is null)
        {
            return false;
        }

        IOperation options = TypeScope.Strip(argument.Value);
        if (argument.ArgumentKind == ArgumentKind.DefaultValue || options.ConstantValue is { HasValue: true, Value: null })
        {
            return true;
        }

        if (options is IObjectCreationOperation created)
        {
            return !MaySetLimit(created);
        }

        // A local is looked at with all that is done to it; options that other code may change are not.
        return options is ILocalReferenceOperation local
            && _scope.ValuesOf(local.Local) is { Count: > 0 } values
            && values.All(static value => TypeScope.Strip(value) is IObjectCreationOperation made && !MaySetLimit(made))
            && _scope.ReferencesOf(local.Local).All(reference => IsHarmless(reference));
    }

    private bool IsHarmless(IOperation reference) => reference.Parent switch
    {
        IPropertyReferenceOperation property => property.Property.Name is not ("MaxOutputTokens" or "RawRepresentationFactory"),
        _ => CallOf(reference) is { } call && ClientOf(call) is not null,
    };

    /// <summary>True if new options set a limit, or may: a type of its own can do it in its constructor.</summary>
    private static bool MaySetLimit(IObjectCreationOperation options) => options.Type?.Name != "ChatOptions" || SetsLimit(options);

    private static bool SetsLimit(IOperation operation) => operation.Descendants().Any(static one =>
        one is IAssignmentOperation { Target: IPropertyReferenceOperation { Property.Name: "MaxOutputTokens" or "RawRepresentationFactory" } });
}
