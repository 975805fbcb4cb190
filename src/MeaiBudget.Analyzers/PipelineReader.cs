using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace MeaiBudget.Analyzers;

/// <summary>Finds the pipelines in the code of a type: chains of calls, and builders that variables hold.</summary>
internal sealed class PipelineReader
{
    private readonly TypeScope _scope;
    private readonly Dictionary<ISymbol, Pipeline> _ofVariables = new(SymbolEqualityComparer.Default);
    private readonly Dictionary<IOperation, Pipeline> _ofRoots = [];

    public PipelineReader(TypeScope scope)
    {
        _scope = scope;
        foreach (IOperation operation in scope.Operations)
        {
            if (operation is IInvocationOperation call && LayerReceiver(call) is { } receiver)
            {
                PipelineOf(receiver, depth: 0)?.Layers.Add(new Layer(call, scope.Types));
                if (IsLost(call))
                {
                    (PipelineOf(receiver, depth: 0) ?? new Pipeline()).IsOpen = true;
                }
            }
            else if (scope.Types.IsBuilder(operation.Type) && (operation is IInvocationOperation or IObjectCreationOperation || TypeScope.VariableOf(operation) is not null)
                && IsLost(operation) && PipelineOf(operation, depth: 0) is { } passed)
            {
                passed.IsOpen = true;
            }
        }

        foreach (Pipeline pipeline in All)
        {
            // The operand of a chain comes after the chain in the tree, so order by where the calls end.
            pipeline.Layers.Sort(static (first, second) => first.Call.Syntax.Span.End.CompareTo(second.Call.Syntax.Span.End));
        }
    }

    /// <summary>The pipelines that are known so far. Looking at their clients can find more, so it is a copy.</summary>
    public IReadOnlyList<Pipeline> All => [.. _ofVariables.Values.Concat(_ofRoots.Values).Distinct()];

    /// <summary>Finds the pipeline of a builder; null if the expression is no builder.</summary>
    public Pipeline? Of(IOperation builder) => PipelineOf(builder, depth: 0);

    /// <summary>The builder that a call adds a layer to; null if the call adds none.</summary>
    public IOperation? LayerReceiver(IInvocationOperation call)
    {
        if (!_scope.Types.IsBuilder(call.Type))
        {
            return null;
        }

        IOperation? receiver = call.Instance ?? (call.TargetMethod.IsExtensionMethod && call.Arguments.Length > 0 ? ReceiverArgument(call) : null);
        return receiver is not null && _scope.Types.IsBuilder(TypeScope.Strip(receiver).Type) ? receiver : null;
    }

    /// <summary>The first argument of an extension method, also if it is called as a static method.</summary>
    public static IOperation? ReceiverArgument(IInvocationOperation call) =>
        call.Arguments.FirstOrDefault(static argument => argument.Parameter?.Ordinal == 0)?.Value;

    private Pipeline? PipelineOf(IOperation builder, int depth)
    {
        builder = TypeScope.Strip(builder);
        if (!_scope.Types.IsBuilder(builder.Type) || depth > 16)
        {
            return null;
        }

        if (builder is IInvocationOperation call && LayerReceiver(call) is { } receiver)
        {
            return PipelineOf(receiver, depth + 1);
        }

        if (builder is ISimpleAssignmentOperation assignment)
        {
            return PipelineOf(assignment.Value, depth + 1);
        }

        if (TypeScope.VariableOf(builder) is { } variable)
        {
            return OfVariable(variable, depth);
        }

        // The root of a chain that a variable holds belongs to the variable.
        if (HolderOf(builder) is { } holder)
        {
            return OfVariable(holder, depth);
        }

        if (!_ofRoots.TryGetValue(builder, out Pipeline? pipeline))
        {
            _ofRoots[builder] = pipeline = new Pipeline { IsOpen = builder is not (IObjectCreationOperation or IInvocationOperation) };
            AddClients(pipeline, builder);
        }

        return pipeline;
    }

    private Pipeline OfVariable(ISymbol variable, int depth)
    {
        if (_ofVariables.TryGetValue(variable, out Pipeline? known))
        {
            return known;
        }

        IReadOnlyList<IOperation> values = _scope.ValuesOf(variable);

        // An alias: the variable holds what another one does.
        foreach (IOperation value in values)
        {
            if (TypeScope.VariableOf(RootOf(value)) is { } other && !KnownTypes.Same(other, variable) && depth < 16)
            {
                return _ofVariables[variable] = OfVariable(other, depth + 1);
            }
        }

        var pipeline = new Pipeline { IsOpen = variable is not ILocalSymbol };
        _ofVariables[variable] = pipeline;
        foreach (IOperation value in values)
        {
            IOperation root = RootOf(value);
            if (TypeScope.VariableOf(root) is null)
            {
                AddClients(pipeline, root);
            }
        }

        return pipeline;
    }

    /// <summary>The expression at the bottom of a chain.</summary>
    private IOperation RootOf(IOperation builder)
    {
        builder = TypeScope.Strip(builder);
        while (builder is IInvocationOperation call && LayerReceiver(call) is { } receiver)
        {
            builder = TypeScope.Strip(receiver);
        }

        return builder;
    }

    /// <summary>The variable that holds a chain of a root.</summary>
    private ISymbol? HolderOf(IOperation root)
    {
        IOperation top = root;
        while (true)
        {
            IOperation? parent = top.Parent;
            if (parent is IConversionOperation or IParenthesizedOperation)
            {
                top = parent;
            }
            else if (parent is IArgumentOperation { Parent: IInvocationOperation call } argument && ReferenceEquals(LayerReceiver(call), argument.Value))
            {
                top = call;
            }
            else if (parent is IInvocationOperation instance && ReferenceEquals(instance.Instance, top) && LayerReceiver(instance) is not null)
            {
                top = instance;
            }
            else
            {
                break;
            }
        }

        return top.Parent switch
        {
            IVariableInitializerOperation { Parent: IVariableDeclaratorOperation declarator } => declarator.Symbol,
            IAssignmentOperation assignment when ReferenceEquals(assignment.Value, top) => TypeScope.VariableOf(assignment.Target),
            _ => null,
        };
    }

    /// <summary>True if a builder is passed on to code that may add layers to it.</summary>
    private bool IsLost(IOperation builder)
    {
        if (TypeScope.VariableOf(builder) is ILocalSymbol local && TypeScope.FunctionOf(builder) is { } function && !IsDeclaredIn(local, function))
        {
            return true;
        }

        IOperation top = builder;
        while (top.Parent is IConversionOperation or IParenthesizedOperation)
        {
            top = top.Parent;
        }

        return top.Parent switch
        {
            IArgumentOperation { Parent: IInvocationOperation call } argument => !ReferenceEquals(LayerReceiver(call), argument.Value) || LayerReceiver(call) is null,
            IReturnOperation returned => !IsActionLambda(returned),
            IArgumentOperation or IFieldInitializerOperation or IPropertyInitializerOperation => true,
            IAssignmentOperation assignment => TypeScope.VariableOf(assignment.Target) is not ILocalSymbol && assignment.Target is not IDiscardOperation,
            _ => false,
        };
    }

    private static bool IsActionLambda(IReturnOperation returned) => TypeScope.FunctionOf(returned) is IAnonymousFunctionOperation { Symbol.ReturnsVoid: true };

    private static bool IsDeclaredIn(ILocalSymbol local, IOperation function) =>
        local.DeclaringSyntaxReferences.Any(reference => reference.SyntaxTree == function.Syntax.SyntaxTree && function.Syntax.Span.Contains(reference.Span));

    private static void AddClients(Pipeline pipeline, IOperation root)
    {
        IOperation? client = root switch
        {
            IObjectCreationOperation { Arguments.Length: > 0 } created => created.Arguments[0].Value,
            IInvocationOperation { TargetMethod.Name: "AsBuilder" } call => call.Instance ?? ReceiverArgument(call),
            IInvocationOperation
            {
                TargetMethod.Name: "AddChatClient" or "AddKeyedChatClient" or "AddEmbeddingGenerator" or "AddKeyedEmbeddingGenerator"
                or "AddImageGenerator" or "AddKeyedImageGenerator" or "AddSpeechToTextClient" or "AddKeyedSpeechToTextClient" or "AddTextToSpeechClient" or "AddKeyedTextToSpeechClient"
            } call =>
                call.Arguments.FirstOrDefault(static argument => argument.Parameter?.Name is "innerClient" or "innerClientFactory" or "innerGenerator" or "innerGeneratorFactory")?.Value,
            _ => null,
        };
        switch (client is null ? null : TypeScope.Strip(client))
        {
            case null:
                break;
            case IAnonymousFunctionOperation lambda:
                pipeline.Clients.AddRange(TypeScope.ReturnsOf(lambda));
                break;
            case { } expression:
                pipeline.Clients.Add(expression);
                break;
        }
    }
}
